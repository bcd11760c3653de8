//! The page that loads the panel, made from `frontend/index.html`.
//!
//! The template names the bundle's files by placeholders, which become addresses such as `/assets/panel-0a1b2c3d.css`:
//! `{{css}}` the style sheet, `{{js}}` the script module that starts the panel, `{{wasm}}` the program that it loads
//! (for a preload; may be left out).

/// The addresses of the bundle's files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses<'a> {
    pub(crate) css: &'a str,
    pub(crate) js: &'a str,
    pub(crate) wasm: &'a str,
}

/// Fills in the template; the error says what is wrong with it.
pub(crate) fn fill(template: &str, addresses: Addresses<'_>) -> Result<String, String> {
    let mut page = String::with_capacity(template.len());
    let (mut has_css, mut has_js) = (false, false);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else {
            return Err(String::from("the page has a `{{` without `}}`"));
        };
        page.push_str(before);
        page.push_str(match name.trim() {
            "css" => {
                has_css = true;
                addresses.css
            }
            "js" => {
                has_js = true;
                addresses.js
            }
            "wasm" => addresses.wasm,
            other => {
                return Err(format!(
                    "the page has a placeholder {{{{{other}}}}}; known are {{{{css}}}}, {{{{js}}}} and {{{{wasm}}}}"
                ));
            }
        });
        rest = after;
    }
    page.push_str(rest);
    match (has_css, has_js) {
        (true, true) => Ok(page),
        (false, _) => Err(String::from("the page has no {{css}}, so it would have no style")),
        (true, false) => Err(String::from("the page has no {{js}}, so it would load no panel")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Addresses, fill};

    fn check(template: &str, expected: Result<&str, &str>) {
        let filled = fill(template, Addresses { css: "/a.css", js: "/b.js", wasm: "/c.wasm" });
        match (filled, expected) {
            (Ok(page), Ok(expected)) => assert_eq!(page, expected),
            (Err(problem), Err(part)) => assert!(problem.contains(part), "{problem}"),
            (got, expected) => panic!("{got:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn placeholders_become_addresses() {
        check(
            "<link href=\"{{css}}\"><script src=\"{{ js }}\">",
            Ok("<link href=\"/a.css\"><script src=\"/b.js\">"),
        );
        check("{{wasm}}{{css}}{{js}}{{css}}é", Ok("/c.wasm/a.css/b.js/a.cssé"));
    }

    #[test]
    fn a_template_that_could_not_work_is_refused() {
        check("{{css}}", Err("no {{js}}"));
        check("{{js}}", Err("no {{css}}"));
        check("{{css}}{{js}}{{title}}", Err("a placeholder {{title}}"));
        check("{{css}}{{js", Err("`{{` without `}}`"));
    }
}
