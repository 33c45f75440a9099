//! Where a viewer is in a film. Changed only by commands, folded like everything else.

use crate::decimal::clamped;
use crate::film::Film;

/// The slowest speed.
pub const SLOWEST: f64 = 0.1;
/// The fastest speed.
pub const FASTEST: f64 = 8.0;

/// Where a viewer is.
///
/// The position is counted in frames, not in milliseconds: a film that grows or is laid out anew while a run goes on
/// does not move a viewer from the frame that he is looking at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Playback {
    position: f64,
    running: bool,
    speed: f64,
}

/// What a viewer can do, and what time does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PlaybackCommand {
    /// Show the film from its start.
    Replay,
    /// Hold the picture.
    Pause,
    /// Go on from here.
    Resume,
    /// To the end of the next frame, and hold.
    StepForward,
    /// To the end of the frame before, and hold.
    StepBack,
    /// To a position, and hold.
    Seek(f64),
    /// Before the first frame, and hold.
    JumpToStart,
    /// Behind the last frame.
    JumpToEnd,
    /// How many times faster than normal.
    SetSpeed(f64),
    /// Time went by on the viewer's clock, in milliseconds.
    Advance {
        /// How much.
        ms: f64,
    },
}

/// What a viewer is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// There is nothing to see.
    Empty,
    /// The film runs, or waits for the next frame of a run that is still going.
    Playing,
    /// It is paused.
    Paused,
    /// It was seen as far as it goes: the rest of the run waits for a held packet.
    Hanging,
    /// It was seen to its end.
    Finished,
}

impl Default for Playback {
    fn default() -> Self {
        Self { position: 0.0, running: false, speed: 1.0 }
    }
}

impl Playback {
    /// The position, in frames.
    #[must_use]
    pub const fn position(&self) -> f64 {
        self.position
    }

    /// How many times faster than normal.
    #[must_use]
    pub const fn speed(&self) -> f64 {
        self.speed
    }

    /// The number of the frame that is looked at, from 1; 0 before the first.
    #[must_use]
    pub fn frame(&self) -> usize {
        self.position.ceil() as usize
    }

    /// What the viewer is doing.
    #[must_use]
    pub fn status(&self, film: &Film) -> Status {
        let at_end = self.position >= film.frames() as f64;
        match (film.run, film.over, self.running) {
            (0, ..) => Status::Empty,
            (_, true, _) if at_end => Status::Finished,
            (_, _, true) => Status::Playing,
            (_, _, false) => Status::Paused,
        }
    }

    /// Carries out a command.
    pub fn apply(&mut self, command: PlaybackCommand, film: &Film) {
        let end = film.frames() as f64;
        match command {
            PlaybackCommand::Replay => {
                self.position = 0.0;
                self.running = film.run > 0;
            }
            PlaybackCommand::Pause => self.running = false,
            PlaybackCommand::Resume => self.running = film.run > 0,
            PlaybackCommand::StepForward => self.hold((self.position.floor() + 1.0).min(end)),
            PlaybackCommand::StepBack => self.hold((self.position.ceil() - 1.0).max(0.0)),
            PlaybackCommand::Seek(position) => {
                self.hold(if position.is_finite() { clamped(position, 0.0, end) } else { 0.0 })
            }
            PlaybackCommand::JumpToStart => self.hold(0.0),
            PlaybackCommand::JumpToEnd => {
                self.position = end;
                self.running &= !film.over; // of a run that is still going one keeps seeing the newest frame
            }
            PlaybackCommand::SetSpeed(speed) => {
                if speed.is_finite() {
                    self.speed = clamped(speed, SLOWEST, FASTEST);
                }
            }
            PlaybackCommand::Advance { ms } => self.advance(ms, film),
        }
    }

    const fn hold(&mut self, position: f64) {
        self.position = position;
        self.running = false;
    }

    fn advance(&mut self, ms: f64, film: &Film) {
        if !self.running || !ms.is_finite() || ms <= 0.0 {
            return;
        }
        let end = film.frames() as f64;
        let next = film.position_at(film.ms_at(self.position) + ms * self.speed);
        self.position = clamped(next, self.position.min(end), end);
        if film.over && self.position >= end {
            self.running = false;
        }
    }
}
