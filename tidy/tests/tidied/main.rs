//! The tests of tidying up, in one program. `support` says what every tidied drawing keeps to.

mod by_example;
mod largest;
mod properties;
mod support;
