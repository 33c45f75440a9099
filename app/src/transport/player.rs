//! The player: which run is shown, where in its film the viewer is, and the one animation loop of the page.
//!
//! The loop runs while a film plays and sleeps otherwise: an idle page requests no animation frame.

use crate::api;
use crate::browser;
use crate::live::Live;
use crate::notice::Notices;
use crate::saver::Saver;
use crate::state::{RwSignal, StoredValue};
use crate::view::effect;
use aside_domain::Leg;
use aside_domain::timeline::Run;
use aside_domain::{Film, LinkId, NodeId, Outcome, Playback, PlaybackCommand, Source, Status, Timeline};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The player: a cheap handle, found in context.
#[derive(Clone, Copy)]
pub struct Player {
    live: Live,
    saver: Saver,
    notices: Notices,
    state: StoredValue<State>,
    view: View,
}

/// What the player remembers.
#[derive(Default)]
struct State {
    playback: Playback,
    film: Film,
    /// The run that this tab asked for last: it is shown as soon as it is there.
    wanted: Option<u32>,
    /// Whether the timeline was there before.
    has_looked: bool,
    /// The latest run that was shown.
    seen: u32,
    /// The runs that hang on held packets, and how many frames each had.
    hanging: Vec<(u32, usize)>,
    /// When the picture before was drawn, while the animation loop runs.
    loop_since_ms: Option<f64>,
}

/// What the screen reads of a player; each signal changes only when its value does.
#[derive(Clone, Copy)]
pub struct View {
    /// The shown run's number.
    pub run: RwSignal<Option<u32>>,
    /// What the viewer is doing.
    pub status: RwSignal<Status>,
    /// The frame that is looked at, from 1; 0 before the first.
    pub frame: RwSignal<u64>,
    /// How many frames there are.
    pub frames: RwSignal<u64>,
    /// The position in frames; changes with every picture while the film plays.
    pub position: RwSignal<f64>,
    /// How many times faster than normal.
    pub speed: RwSignal<f64>,
    /// Counts what was added to the shown run: changes when its frames or receipts do.
    pub edition: RwSignal<u64>,
    /// Whether a run is still going.
    pub is_going: RwSignal<bool>,
    /// Whether a run was asked for and has not begun.
    pub is_asking: RwSignal<bool>,
}

impl Player {
    /// A player of a sandbox's runs.
    #[must_use]
    pub fn new(live: Live, saver: Saver, notices: Notices) -> Self {
        let view = View {
            run: RwSignal::default(),
            status: RwSignal::new(Status::Empty),
            frame: RwSignal::default(),
            frames: RwSignal::default(),
            position: RwSignal::default(),
            speed: RwSignal::new(1.0),
            edition: RwSignal::default(),
            is_going: RwSignal::default(),
            is_asking: RwSignal::default(),
        };
        let player = Self { live, saver, notices, state: StoredValue::default(), view };
        effect(move || {
            live.version().track();
            player.follow();
        });
        player
    }

    /// What the screen reads.
    #[must_use]
    pub const fn view(&self) -> View {
        self.view
    }

    /// Reads the shown run with its film and the playback; none if no run is shown.
    pub fn with_shown<T>(&self, read: impl FnOnce(&Run, &Film, &Playback) -> T) -> Option<T> {
        let (mut read, mut answer) = (Some(read), None);
        self.read(&mut |run, film, playback| answer = read.take().map(|read| read(run, film, playback)));
        answer
    }

    fn read(&self, read: &mut dyn FnMut(&Run, &Film, &Playback)) {
        let Some(number) = self.view.run.get_untracked() else { return };
        self.live.with_timeline(|timeline| {
            if let Some(run) = timeline.run(number) {
                self.state.with_value(|state| read(run, &state.film, &state.playback));
            }
        });
    }

    /// How many times slower than it happened the shown run is shown; tracks speed and run.
    #[must_use]
    pub fn slowdown(&self) -> Option<f64> {
        self.view.edition.track();
        let speed = self.view.speed.get();
        self.state.with_value(|state| state.film.slowdown(speed))
    }

    /// Microseconds that the shown run really took; tracks the run.
    #[must_use]
    pub fn real_us(&self) -> u64 {
        self.view.edition.track();
        self.state.with_value(|state| state.film.real_us())
    }

    /// What is part of that and was not measured: injected delays, and packets that were held; tracks the run.
    #[must_use]
    pub fn apart(&self) -> &'static str {
        self.view.edition.track();
        match self.state.with_value(|state| (state.film.has_injected(), state.film.has_held())) {
            (false, false) => "",
            (true, false) => " with injected delays",
            (false, true) => " with held packets",
            (true, true) => " with injected delays and held packets",
        }
    }

    /// The link of the frame that is looked at, and what came of the hop if its reply is under way; tracks the viewer.
    #[must_use]
    pub fn current_link(&self) -> Option<(LinkId, Option<Outcome>)> {
        self.view.edition.track();
        let frame = self.view.frame.get().checked_sub(1)?;
        if self.view.status.get() == Status::Finished {
            return None;
        }
        self.with_shown(|run, _, _| {
            let (hop, leg) = run.hop_of(frame as usize)?;
            let outcome = hop.receipt.as_ref().filter(|_| leg == Leg::Reply).map(|receipt| receipt.outcome);
            Some((hop.link(), outcome))
        })
        .flatten()
    }

    /// Whether what is shown was recorded: then Play shows it once more.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.live.is_recorded()
    }

    /// Carries out a command.
    pub fn apply(&self, command: PlaybackCommand) {
        self.state.update_value(|state| state.playback.apply(command, &state.film));
        self.publish();
        self.keep_going();
    }

    /// Sends a new run: real requests, of these clients or of all; with `only`, that one request of the client. It is shown
    /// from its start.
    pub fn play(self, clients: Option<Vec<NodeId>>, only: Option<u32>) {
        if self.is_recorded() {
            return self.apply(PlaybackCommand::Replay);
        }
        spawn_local(async move {
            self.send(clients, only).await; // who wants to know which run it is asks for it himself
        });
    }

    /// As [`Player::play`]; tells the run's number, once it has begun.
    pub async fn send(self, clients: Option<Vec<NodeId>>, only: Option<u32>) -> Option<u32> {
        if self.view.is_asking.get_untracked() {
            return None;
        }
        self.view.is_asking.set(true);
        let is_saved = self.saver.flush().await;
        let run = match self.live.sandbox().get_untracked().filter(|_| is_saved) {
            Some(sandbox) => api::run(sandbox, clients, only).await.map_err(|error| error.to_string()),
            None => Err("Aside's server does not answer: nothing was sent.".to_owned()),
        };
        self.view.is_asking.set(false);
        match run {
            Ok(run) => {
                self.state.update_value(|state| state.wanted = Some(run));
                self.follow();
                Some(run)
            }
            Err(sentence) => {
                self.notices.warn(sentence);
                None
            }
        }
    }

    /// Ends the run that is going, if one is, and shows where it all ended.
    pub fn stop(self) {
        if self.view.is_going.get_untracked() {
            self.live.ask(api::stop, move |_| self.apply(PlaybackCommand::JumpToEnd));
        } else {
            self.apply(PlaybackCommand::JumpToEnd);
        }
    }

    /// Another run to look at, and how it stands: the latest, if the one that is shown is older, or one that goes on, or
    /// went on, beside it. Of several the next one, so that whoever goes on sees them all.
    #[must_use]
    pub fn beside(&self) -> Option<(u32, &'static str)> {
        let shown = self.view.run.get_untracked()?;
        let end = |run: &Run| run.ended.map_or(u64::MAX, |(at_us, _)| at_us);
        self.live.with_timeline(|timeline| {
            let (here, latest) = (timeline.run(shown)?, timeline.latest()?.run);
            let is_beside = |run: &&Run| {
                let is_meanwhile = run.started_us < end(here) && here.started_us < end(run);
                run.run != shown && (run.run == latest || is_meanwhile && run.source == here.source)
            };
            let mut runs = timeline.runs.iter().filter(is_beside);
            let first = runs.next()?;
            let next = if first.run > shown { None } else { runs.find(|run| run.run > shown) };
            let run = next.unwrap_or(first);
            Some((run.run, if run.is_over() { "has happened" } else { going(timeline, run.run) }))
        })
    }

    /// Shows that run from its start.
    pub fn show_beside(&self) {
        if let Some((run, _)) = self.beside() {
            self.show(run);
        }
    }

    /// Shows a run from its start.
    fn show(&self, run: u32) {
        self.turn_to(run);
        self.apply(PlaybackCommand::Replay);
    }

    fn turn_to(&self, run: u32) {
        self.view.run.set(Some(run));
        self.state.update_value(|state| state.seen = state.seen.max(run));
        self.lay_out();
    }

    /// Shows a run on, from where it had that many frames.
    fn show_on(&self, (run, frames): (u32, usize)) {
        self.turn_to(run);
        self.apply(PlaybackCommand::Seek(frames as f64));
        self.apply(PlaybackCommand::Resume);
    }

    /// The timeline has changed: take in what is new, without moving the viewer from the frame that he is looking at.
    fn follow(&self) {
        let (latest, is_going, is_moving, kept, hanging) = self.live.with_timeline(|timeline| {
            let shown = self.view.run.get_untracked();
            let kept = shown.is_none_or(|number| timeline.run(number).is_some());
            let hangs = |run: &&Run| hangs(timeline, run.run);
            let hanging: Vec<_> = timeline.runs.iter().filter(hangs).map(|run| (run.run, run.frames.len())).collect();
            let latest = timeline.latest();
            let is_moving = latest.is_some_and(|run| !run.is_over() && !hangs(&run));
            let is_going = timeline.runs.iter().any(|run| !run.is_over() && run.source == Source::Play);
            (latest.map(|run| run.run), is_going, is_moving, kept, hanging)
        });
        self.view.is_going.set(is_going);
        let shown = self.view.run.get_untracked().filter(|_| kept);
        let is_idle = matches!(self.view.status.get_untracked(), Status::Empty | Status::Finished | Status::Hanging);
        let has_timeline = self.live.version().get_untracked() > 0;
        let (mut is_first_look, mut is_new, mut is_wanted, mut goes_on) = (false, false, false, None);
        self.state.update_value(|state| {
            is_first_look = !state.has_looked;
            state.seen = shown.map_or(0, |_| state.seen);
            is_new = latest.is_some_and(|latest| latest > state.seen);
            is_wanted = state.wanted.take_if(|wanted| Some(*wanted) == latest).is_some();
            state.has_looked |= has_timeline;
            let before = std::mem::replace(&mut state.hanging, hanging);
            // Of several that were let go together the one that is shown stays.
            let mut released = before.into_iter().filter(|run| is_idle && !state.hanging.contains(run));
            let first = released.next();
            goes_on = first.filter(|(run, _)| shown != Some(*run) && !released.any(|(run, _)| shown == Some(run)));
        });
        match latest {
            None => self.show_nothing(),
            Some(latest) if is_wanted && shown != Some(latest) => self.show(latest),
            Some(_) if goes_on.is_some() => goes_on.into_iter().for_each(|run| self.show_on(run)),
            Some(latest) if shown == Some(latest) => self.lay_out(),
            Some(latest) if is_first_look && !is_moving => {
                // What has happened before this page looked is not played unasked.
                self.show(latest);
                self.apply(PlaybackCommand::JumpToEnd);
            }
            Some(latest) if is_idle && is_new || shown.is_none() => self.show(latest),
            Some(_) => self.lay_out(),
        }
        self.keep_going();
    }

    fn show_nothing(&self) {
        self.view.run.set(None);
        self.state.update_value(|state| {
            state.seen = 0;
            state.film = Film::default();
            state.playback.apply(PlaybackCommand::JumpToStart, &state.film);
        });
        self.publish();
    }

    /// Lays the shown run out anew, if anything was added to it.
    fn lay_out(&self) {
        let Some(number) = self.view.run.get_untracked() else {
            return;
        };
        let film = self.live.with_timeline(|timeline| {
            let run = timeline.run(number)?;
            let is_same = self
                .state
                .with_value(|State { film, .. }| film.run == number && film.over && film.frames() == run.frames.len());
            (!is_same).then(|| Film::of(run))
        });
        if let Some(film) = film {
            self.state.update_value(|state| state.film = film);
            self.view.edition.update(|edition| *edition += 1);
            self.publish();
        }
    }

    /// Lets the screen know where the viewer is.
    fn publish(&self) {
        let (frames, status, playback) = self
            .state
            .with_value(|State { film, playback, .. }| (film.frames() as u64, playback.status(film), *playback));
        let view = &self.view;
        let is_over = matches!(status, Status::Empty | Status::Finished);
        let hangs = |run| self.live.with_timeline(|timeline| hangs(timeline, run));
        let waits = !is_over && playback.position() >= frames as f64 && view.run.get_untracked().is_some_and(hangs);
        let status = if waits { Status::Hanging } else { status };
        set_if_new(view.frames, frames);
        set_if_new(view.frame, (playback.frame() as u64).min(frames));
        set_if_new(view.speed, playback.speed());
        set_if_new(view.position, playback.position());
        set_if_new(view.status, status);
    }

    /// Whether time would move the film.
    fn is_moving(&self) -> bool {
        self.view.status.get_untracked() == Status::Playing
            && self.view.position.get_untracked() < self.view.frames.get_untracked() as f64
    }

    /// Starts the animation loop, if there is something to animate and it does not run.
    fn keep_going(&self) {
        let is_asleep = self.state.with_value(|state| state.loop_since_ms.is_none());
        if is_asleep && self.is_moving() {
            self.state.update_value(|state| state.loop_since_ms = Some(browser::now_ms()));
            let player = *self;
            request_animation_frame(move || player.picture());
        }
    }

    /// One turn of the animation loop.
    fn picture(self) {
        let since_ms = self.state.try_update_value(|state| state.loop_since_ms.take());
        let Some(Some(since_ms)) = since_ms else { return };
        let now_ms = browser::now_ms();
        self.apply(PlaybackCommand::Advance { ms: now_ms - since_ms });
        self.state.update_value(|state| state.loop_since_ms = state.loop_since_ms.map(|_| now_ms));
    }
}

/// Whether a packet of that run is held.
fn hangs(timeline: &Timeline, run: u32) -> bool {
    timeline.held.iter().any(|held| held.run == run)
}

/// How a run stands that is going.
fn going(timeline: &Timeline, run: u32) -> &'static str {
    if hangs(timeline, run) { "is held" } else { "is under way" }
}

fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|now| *now != value) {
        signal.set(value);
    }
}
