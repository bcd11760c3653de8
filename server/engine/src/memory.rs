//! Memory of lists that have one element for each item of a folder: of a large one there are a million.

/// Elements whose memory is given back at once.
const PORTION: usize = 1 << 16;

/// Takes a list to pieces from its end, and gives its memory back as it goes: what is made of it grows meanwhile, and both
/// together would be the most that a pass ever holds.
pub(crate) fn from_the_end<T>(mut items: Vec<T>) -> impl Iterator<Item = T> {
    std::iter::from_fn(move || {
        let item = items.pop()?;
        if items.len().is_multiple_of(PORTION) {
            items.shrink_to_fit();
        }
        Some(item)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_comes_once_from_the_last_to_the_first() {
        let many = 2 * PORTION + 7;
        assert!(from_the_end((0..many).collect()).eq((0..many).rev()));
        assert_eq!(from_the_end(Vec::<usize>::new()).next(), None);
    }
}
