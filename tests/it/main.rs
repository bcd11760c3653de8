//! Every integration test of the product, in one binary.

mod bad_input;
mod broken_off;
mod browser;
mod delta;
mod dry_run;
mod fidelity;
mod full_disk;
mod killed;
mod logins;
mod nodes;
mod pairs;
mod product;
mod rules;
mod second_pass;
mod slow_line;
mod source_untouched;
mod tls;
