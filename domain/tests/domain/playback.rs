use crate::support::cases;
use crate::support::logs::{events_of, latest, run_courses, run_of, runs, textbook_course};
use aside_domain::PlaybackCommand::{
    Advance, JumpToEnd, JumpToStart, Pause, Replay, Resume, Seek, SetSpeed, StepBack, StepForward,
};
use aside_domain::playback::{FASTEST, SLOWEST};
use aside_domain::{Film, Playback, PlaybackCommand, Status};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

fn odd_numbers() -> impl Strategy<Value = f64> {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, f64::MIN, f64::MAX, f64::MIN_POSITIVE];
    prop_oneof![select(odd.to_vec()), -10.0..100.0, 0.0..5_000.0]
}

fn commands() -> impl Strategy<Value = PlaybackCommand> {
    prop_oneof![
        select(vec![Replay, Pause, Resume, StepForward, StepBack, JumpToStart, JumpToEnd]),
        odd_numbers().prop_map(Seek),
        odd_numbers().prop_map(SetSpeed),
        odd_numbers().prop_map(|ms| Advance { ms }),
        (0.0..2_000.0).prop_map(|ms| Advance { ms }),
    ]
}

/// A playback after these commands.
fn after(film: &Film, commands: &[PlaybackCommand]) -> Playback {
    let mut playback = Playback::default();
    for &command in commands {
        playback.apply(command, film);
    }
    playback
}

fn is_whole(playback: &Playback) -> bool {
    playback.position().fract() == 0.0
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn the_position_stays_in_the_film_whatever_is_commanded(run in runs(2, 2), commands in vec(commands(), 0..40)) {
        let film = Film::of(&run);
        let mut playback = Playback::default();
        for command in commands {
            playback.apply(command, &film);
            prop_assert!((0.0..=film.frames() as f64).contains(&playback.position()), "{:?}: {:?}", command, playback);
            prop_assert!((SLOWEST..=FASTEST).contains(&playback.speed()), "{:?}: {:?}", command, playback);
            prop_assert!(playback.frame() <= film.frames());
        }
    }

    #[test]
    fn a_held_picture_does_not_move_as_time_goes_by(
        run in runs(2, 2), commands in vec(commands(), 0..20), ms in vec(odd_numbers(), 1..8)
    ) {
        let film = Film::of(&run);
        let mut playback = after(&film, &commands);
        playback.apply(Pause, &film);
        let held = playback;
        for ms in ms {
            playback.apply(Advance { ms }, &film);
            prop_assert_eq!(playback, held);
        }
        prop_assert_ne!(playback.status(&film), Status::Playing);
    }

    #[test]
    fn a_growing_film_does_not_move_a_viewer_from_the_frame_that_he_looks_at(
        course in run_courses(3, 3), commands in vec(commands(), 1..60), from in any::<Index>()
    ) {
        let events = events_of(&course);
        let mut playback = Playback::default();
        let mut commands = commands.into_iter();
        for length in from.index(events.len()) + 1..=events.len() {
            let now = latest(&events[..length]);
            let film = Film::of(&now);
            commands.by_ref().take(2).for_each(|command| playback.apply(command, &film));
            prop_assert!(playback.position() <= film.frames() as f64);
            let looked_at = now.hop_of(playback.frame().wrapping_sub(1)).map(|(hop, leg)| (&hop.shown, &hop.to, leg));
            let grown = latest(&events);
            let again = grown.hop_of(playback.frame().wrapping_sub(1)).map(|(hop, leg)| (&hop.shown, &hop.to, leg));
            prop_assert_eq!(looked_at, again);
            // In the grown film, laid out anew, no time has gone by.
            let mut waiting = playback;
            waiting.apply(Resume, &Film::of(&grown));
            waiting.apply(Advance { ms: 1e-9 }, &Film::of(&grown));
            prop_assert!((waiting.position() - playback.position()).abs() < 1e-6, "{:?} went on to {:?}", playback, waiting);
        }
    }

    #[test]
    fn time_only_goes_forward(run in runs(2, 2), commands in vec(commands(), 0..10), ms in odd_numbers()) {
        let film = Film::of(&run);
        let mut playback = after(&film, &commands);
        let before = playback.position();
        playback.apply(Advance { ms }, &film);
        prop_assert!(playback.position() >= before);
    }

    #[test]
    fn a_running_film_advances_by_the_time_that_goes_by_times_the_speed(
        run in runs(2, 2), start in 0.0..1.0_f64, ms in 0.1..500.0_f64, speed in 0.1..8.0_f64
    ) {
        let film = Film::of(&run);
        prop_assume!(film.frames() > 0);
        let start = start * film.frames() as f64;
        let playback = after(&film, &[Seek(start), SetSpeed(speed), Resume, Advance { ms }]);
        let expected = (film.ms_at(start) + ms * speed).min(film.length_ms());
        prop_assert!((film.ms_at(playback.position()) - expected).abs() < 1e-6);
    }

    #[test]
    fn it_is_finished_exactly_at_the_end_of_a_film_that_is_over(
        course in run_courses(2, 2), length in any::<Index>(), commands in vec(commands(), 0..12)
    ) {
        let events = events_of(&course);
        for length in [length.index(events.len()) + 1, events.len()] {
            let film = Film::of(&latest(&events[..length]));
            let playback = after(&film, &commands);
            let at_end = playback.position() == film.frames() as f64;
            prop_assert_eq!(playback.status(&film) == Status::Finished, at_end && film.over);
            prop_assert_ne!(playback.status(&film), Status::Empty);
        }
    }

    #[test]
    fn steps_end_where_frames_end_also_from_between_and_hold(run in runs(2, 2), at in 0.0..1.0_f64) {
        let film = Film::of(&run);
        let end = film.frames() as f64;
        let at = at * end;
        let forward = after(&film, &[Resume, Seek(at), Resume, StepForward]);
        prop_assert_eq!(forward.position(), (at.floor() + 1.0).min(end));
        let back = after(&film, &[Resume, Seek(at), Resume, StepBack]);
        prop_assert_eq!(back.position(), (at.ceil() - 1.0).max(0.0));
        prop_assert!(is_whole(&forward) && is_whole(&back));
        prop_assert_ne!(forward.status(&film), Status::Playing);
        prop_assert_ne!(back.status(&film), Status::Playing);
    }
}

fn textbook() -> Film {
    Film::of(&run_of(&textbook_course()))
}

#[test]
fn it_starts_held_before_the_first_frame_at_normal_speed() {
    let playback = Playback::default();
    assert_eq!((playback.position(), playback.frame(), playback.speed()), (0.0, 0, 1.0));
    assert_eq!(playback.status(&textbook()), Status::Paused);
}

#[test]
fn replay_shows_the_film_from_its_start() {
    let film = textbook();
    let playback = after(&film, &[JumpToEnd, Replay]);
    assert_eq!((playback.position(), playback.status(&film)), (0.0, Status::Playing));
}

#[test]
fn pause_holds_and_resume_goes_on_from_there() {
    let film = textbook();
    let mut playback = after(&film, &[Replay, Advance { ms: 1_000.0 }, Pause, Advance { ms: 1_000.0 }]);
    let held = playback.position();
    assert!(held > 0.0 && held < 16.0);
    assert_eq!(playback.status(&film), Status::Paused);
    playback.apply(Resume, &film);
    assert_eq!((playback.position(), playback.status(&film)), (held, Status::Playing));
    playback.apply(Advance { ms: 100.0 }, &film);
    assert!(playback.position() > held);
}

#[test]
fn the_film_lasts_its_length_at_speed_1_and_half_of_it_at_speed_2() {
    let film = textbook();
    for (speed, ms) in [(1.0, film.length_ms()), (2.0, film.length_ms() / 2.0)] {
        let mut playback = after(&film, &[SetSpeed(speed), Replay]);
        let mut shown_ms = 0.0;
        while playback.status(&film) == Status::Playing {
            playback.apply(Advance { ms: 16.0 }, &film);
            shown_ms += 16.0;
            assert!(shown_ms < 2.0 * film.length_ms(), "it never ends");
        }
        assert_eq!((playback.position(), playback.status(&film)), (16.0, Status::Finished));
        assert!((shown_ms - ms).abs() <= 32.0, "{shown_ms} ms instead of {ms} ms");
    }
}

#[test]
fn steps_go_from_frame_to_frame_and_not_beyond_the_ends() {
    let film = textbook();
    let positions = |commands: &[PlaybackCommand]| after(&film, commands).position();
    assert_eq!(positions(&[StepForward]), 1.0);
    assert_eq!(positions(&[StepForward, StepForward, StepBack]), 1.0);
    assert_eq!(positions(&[Seek(2.5), StepForward]), 3.0);
    assert_eq!(positions(&[Seek(2.5), StepBack]), 2.0);
    assert_eq!(positions(&[StepBack]), 0.0);
    assert_eq!(positions(&[JumpToEnd, StepForward]), 16.0);
}

#[test]
fn seek_goes_to_a_position_within_the_film_and_holds() {
    let film = textbook();
    for (to, position) in [(3.25, 3.25), (-4.0, 0.0), (99.0, 16.0), (f64::NAN, 0.0)] {
        let playback = after(&film, &[Replay, Seek(to)]);
        assert_eq!(playback.position(), position, "seeking {to}");
        assert_ne!(playback.status(&film), Status::Playing);
    }
}

#[test]
fn the_frame_looked_at_counts_from_1_and_a_frame_that_ended_is_still_looked_at() {
    let film = textbook();
    let frame = |position| after(&film, &[Seek(position)]).frame();
    assert_eq!([0.0, 0.1, 1.0, 1.1, 16.0].map(frame), [0, 1, 1, 2, 16]);
}

#[test]
fn jumps_go_to_the_ends() {
    let film = textbook();
    let start = after(&film, &[Replay, Advance { ms: 500.0 }, JumpToStart]);
    assert_eq!((start.position(), start.status(&film)), (0.0, Status::Paused));
    let end = after(&film, &[Replay, JumpToEnd]);
    assert_eq!((end.position(), end.status(&film)), (16.0, Status::Finished));
}

#[test]
fn a_finished_film_stays_at_its_end_until_it_is_replayed() {
    let film = textbook();
    let mut playback = after(&film, &[JumpToEnd, Resume, Advance { ms: 500.0 }]);
    assert_eq!((playback.position(), playback.status(&film)), (16.0, Status::Finished));
    playback.apply(StepBack, &film);
    assert_eq!(playback.status(&film), Status::Paused);
    playback.apply(Replay, &film);
    assert_eq!(playback.status(&film), Status::Playing);
}

#[test]
fn the_speed_is_clamped_and_nonsense_leaves_it() {
    let film = textbook();
    let speed = |to| after(&film, &[SetSpeed(2.0), SetSpeed(to)]).speed();
    assert_eq!([0.5, 0.0, -3.0, 100.0].map(speed), [0.5, SLOWEST, SLOWEST, FASTEST]);
    assert_eq!([f64::NAN, f64::INFINITY].map(speed), [2.0, 2.0]);
}

#[test]
fn nothing_plays_in_a_film_of_nothing() {
    let nothing = Film::default();
    let commands = [Replay, Resume, JumpToEnd, StepForward, Seek(3.0), Advance { ms: 100.0 }];
    for length in 0..=commands.len() {
        let playback = after(&nothing, &commands[..length]);
        assert_eq!((playback.position(), playback.status(&nothing)), (0.0, Status::Empty));
    }
}

#[test]
fn a_live_film_waits_at_its_end_and_goes_on_when_frames_come() {
    let events = events_of(&textbook_course());
    let film = |length: usize| Film::of(&latest(&events[..length]));
    let (early, later, whole) = (film(5), film(9), film(events.len()));
    assert!(early.frames() < later.frames() && !later.over);
    let mut playback = after(&early, &[Replay, Advance { ms: 60_000.0 }]);
    assert_eq!(playback.position(), early.frames() as f64);
    playback.apply(Advance { ms: 60_000.0 }, &early);
    assert_eq!((playback.position(), playback.status(&early)), (early.frames() as f64, Status::Playing));
    playback.apply(Advance { ms: 100.0 }, &later);
    assert!(playback.position() > early.frames() as f64 && playback.position() < later.frames() as f64);
    playback.apply(Advance { ms: 60_000.0 }, &later);
    assert_eq!((playback.position(), playback.status(&later)), (later.frames() as f64, Status::Playing));
    playback.apply(Advance { ms: 60_000.0 }, &whole);
    assert_eq!((playback.position(), playback.status(&whole)), (16.0, Status::Finished));
}

#[test]
fn at_the_end_of_a_live_film_one_keeps_seeing_the_newest_frame() {
    let events = events_of(&textbook_course());
    let film = |length: usize| Film::of(&latest(&events[..length]));
    let (early, later) = (film(5), film(9));
    let mut follows = after(&early, &[Replay, JumpToEnd]);
    assert_eq!(follows.status(&early), Status::Playing);
    follows.apply(JumpToEnd, &later);
    assert_eq!(follows.position(), later.frames() as f64);
    let held = after(&early, &[JumpToEnd]);
    assert_eq!(held.status(&later), Status::Paused, "who held the picture goes on holding it");
}
