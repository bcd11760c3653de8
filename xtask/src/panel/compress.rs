//! Files compressed ahead of time, for browsers that accept it.

use std::io::{self, Write};

use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

/// How hard to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Fast, while the panel is being worked on.
    Quick,
    /// As small as it gets.
    Best,
}

/// With brotli.
pub(crate) fn brotli(content: &[u8], effort: Effort) -> io::Result<Vec<u8>> {
    let quality = match effort {
        Effort::Quick => 5,
        Effort::Best => 11,
    };
    let parameters =
        BrotliEncoderParams { quality, size_hint: content.len(), ..BrotliEncoderParams::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut compressed, &parameters)?;
    Ok(compressed)
}

/// With gzip, without name and time, so that the same content is the same file. It is quick at its best.
pub(crate) fn gzip(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{Effort, brotli, gzip};

    #[test]
    fn what_was_compressed_comes_back_and_is_smaller() {
        let content = "the panel ".repeat(1000).into_bytes();
        for effort in [Effort::Quick, Effort::Best] {
            let small = brotli(&content, effort).expect("brotli");
            let mut back = Vec::new();
            brotli::BrotliDecompress(&mut &small[..], &mut back).expect("brotli");
            assert!(back == content && small.len() < content.len(), "brotli {effort:?}");
        }

        let small = gzip(&content).expect("gzip");
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(&small[..]).read_to_end(&mut back).expect("gzip");
        assert!(back == content && small.len() < content.len(), "gzip");
    }
}
