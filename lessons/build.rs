//! The lessons are part of the program: what is written in `academy/` has it built anew.

fn main() {
    println!("cargo::rerun-if-changed=../academy");
}
