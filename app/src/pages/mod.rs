//! The pages.

mod academy;
mod home;
mod lost;
mod sandbox;

pub use academy::Academy;
pub use home::Home;
pub use lost::Lost;
pub use sandbox::Sandbox;
