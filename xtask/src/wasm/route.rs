//! Which way to a compiler for the browser: a choice over facts, nothing else.

/// What is known about this machine at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts {
    /// The active compiler has the browser's standard library.
    pub(crate) active_has_target: bool,
    /// Rustup works, the machine allows it to fetch, and it did not try yet.
    pub(crate) rustup_may_fetch: bool,
    /// The active compiler has the sources of its standard library.
    pub(crate) active_has_sources: bool,
    /// Debian's compiler is here, new enough, with the sources of its standard library.
    pub(crate) debian_has_sources: bool,
    /// There is an apt-get, and it did not try yet.
    pub(crate) may_install: bool,
    /// We are root.
    pub(crate) root: bool,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Build with the active compiler as it is.
    UseActive,
    /// Let rustup fetch the standard library, then look again.
    AddWithRustup,
    /// Build the standard library with the active compiler.
    BuildFromActive,
    /// Build the standard library with Debian's compiler.
    BuildFromDebian,
    /// Install Debian's compiler, then look again.
    InstallDebian,
    /// Give up.
    Stop(Lack),
}

/// Why to give up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// Root could install it.
    Root,
    /// Nothing on this machine can install it.
    Nothing,
}

impl Facts {
    /// The quickest way that is open.
    pub(crate) fn next(self) -> Step {
        if self.active_has_target {
            Step::UseActive
        } else if self.rustup_may_fetch {
            Step::AddWithRustup
        } else if self.active_has_sources {
            Step::BuildFromActive
        } else if self.debian_has_sources {
            Step::BuildFromDebian
        } else if !self.may_install {
            Step::Stop(Lack::Nothing)
        } else if self.root {
            Step::InstallDebian
        } else {
            Step::Stop(Lack::Root)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Facts, Lack, Step};

    /// Facts in words: `target rustup sources debian apt root`.
    fn check(facts: &str, step: Step) {
        let has = |word: &str| facts.split_whitespace().any(|fact| fact == word);
        let read = Facts {
            active_has_target: has("target"),
            rustup_may_fetch: has("rustup"),
            active_has_sources: has("sources"),
            debian_has_sources: has("debian"),
            may_install: has("apt"),
            root: has("root"),
        };
        assert_eq!(read.next(), step, "{facts}");
    }

    #[test]
    fn what_is_already_there_is_used_before_anything_is_fetched() {
        check("target rustup sources debian apt root", Step::UseActive);
        check("sources debian apt root", Step::BuildFromActive);
        check("debian apt root", Step::BuildFromDebian);
        check("debian", Step::BuildFromDebian);
    }

    #[test]
    fn rustup_is_asked_before_minutes_are_spent_on_building() {
        check("rustup sources debian apt root", Step::AddWithRustup);
        check("rustup", Step::AddWithRustup);
    }

    #[test]
    fn debian_packages_are_installed_by_root_only() {
        check("apt root", Step::InstallDebian);
        check("apt", Step::Stop(Lack::Root));
    }

    #[test]
    fn without_any_way_the_search_ends() {
        check("root", Step::Stop(Lack::Nothing));
        check("", Step::Stop(Lack::Nothing));
    }
}
