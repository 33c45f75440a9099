//! The tests of the domain, in one program, so that they are linked once. A module here tests the module of the same
//! name; `support` makes what they are tested with.

mod change;
mod editing;
mod event;
mod film;
mod graph;
mod json;
mod lesson;
mod measured;
mod plan;
mod playback;
mod recording;
mod scenario;
mod scene;
mod support;
mod text;
mod timeline;
