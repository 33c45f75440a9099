//! The sandbox behind the screen: opened once the page is alive, its event stream folded into a timeline.
//!
//! Events are not signals. The timeline stands outside the reactive graph; events are folded in as they arrive, and the
//! screen is woken once for all that came since the last picture.

use crate::api::{self, ApiError, Opened};
use crate::browser;
use crate::notice::Notices;
use crate::state::{RwSignal, StoredValue};
use aside_domain::{Event, Place, Timeline, json};
use leptos::prelude::*;
use leptos::task::spawn_local;
use send_wrapper::SendWrapper;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{EventSource, MessageEvent};

/// How long to wait before trying again to open a sandbox.
const RETRY: Duration = Duration::from_secs(2);

/// How things stand with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// The page is not alive yet, or the sandbox is being opened.
    Opening,
    /// Events come in.
    Live,
    /// The server does not answer; trying again.
    Away,
    /// There is none: what is shown was recorded.
    Recorded,
}

/// What is done each time the sandbox was opened.
type WhenOpened = Box<dyn Fn(Opened)>;

/// The sandbox: a cheap handle, found in context.
#[derive(Clone, Copy)]
pub struct Live {
    place: StoredValue<Place>,
    sandbox: RwSignal<Option<String>>,
    connection: RwSignal<Connection>,
    timeline: StoredValue<Timeline>,
    version: RwSignal<u64>,
    /// The browser's clock when the timeline was heard of last.
    heard_ms: StoredValue<f64>,
    is_stale: StoredValue<bool>,
    source: StoredValue<Option<SendWrapper<Stream>>>,
    opened: StoredValue<Option<SendWrapper<WhenOpened>>>,
    notices: Notices,
}

impl Live {
    /// The sandbox of a place, not opened yet.
    #[must_use]
    pub fn new(place: Place, notices: Notices) -> Self {
        Self {
            place: StoredValue::new(place),
            sandbox: RwSignal::default(),
            connection: RwSignal::new(Connection::Opening),
            timeline: StoredValue::default(),
            version: RwSignal::new(0),
            heard_ms: StoredValue::default(),
            is_stale: StoredValue::new(false),
            source: StoredValue::new(None),
            opened: StoredValue::new(None),
            notices,
        }
    }

    /// Shows what was recorded; no server is asked.
    pub fn replay(self, timeline: Timeline) {
        self.connection.set(Connection::Recorded);
        self.timeline.set_value(timeline);
        self.version.update(|version| *version += 1);
    }

    /// Whether what is shown was recorded.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.connection.get_untracked() == Connection::Recorded
    }

    /// The sandbox's id, once it is open.
    #[must_use]
    pub const fn sandbox(&self) -> RwSignal<Option<String>> {
        self.sandbox
    }

    /// How things stand with the server.
    #[must_use]
    pub const fn connection(&self) -> RwSignal<Connection> {
        self.connection
    }

    /// Counts the pictures' worth of events; whoever tracks it is woken when the timeline changed.
    #[must_use]
    pub const fn version(&self) -> RwSignal<u64> {
        self.version
    }

    /// Reads the timeline in place.
    pub fn with_timeline<T>(&self, read: impl FnOnce(&Timeline) -> T) -> T {
        self.timeline.with_value(read)
    }

    /// The time on the log's clock, in microseconds: that of the last event, and what has passed since it came.
    #[must_use]
    pub fn now_us(&self) -> u64 {
        let since_ms = browser::now_ms() - self.heard_ms.get_value();
        self.with_timeline(|timeline| timeline.now_us) + (since_ms * 1_000.0) as u64
    }

    /// How often the data of the stores changed; tracks events.
    #[must_use]
    pub fn data_version(&self) -> u64 {
        self.version.track();
        self.with_timeline(|timeline| timeline.data.values().sum())
    }

    /// Opens the sandbox, again and again until the server answers, then hands it to `then` and listens to its
    /// events. It is opened again, and handed over again, when the server no longer knows it.
    pub fn open(self, then: impl Fn(Opened) + 'static) {
        self.opened.set_value(Some(SendWrapper::new(Box::new(then))));
        spawn_local(self.try_to_open());
    }

    async fn try_to_open(self) {
        loop {
            match api::open(self.place.get_value()).await {
                Ok(opened) => {
                    self.sandbox.set(Some(opened.sandbox.clone()));
                    self.opened.with_value(|then| {
                        if let Some(then) = then {
                            then(opened);
                        }
                    });
                    return self.listen();
                }
                Err(error) => {
                    self.connection.set(Connection::Away);
                    if !error.is_passing() {
                        self.notices.warn(error.to_string());
                    }
                    browser::sleep(RETRY).await;
                }
            }
        }
    }

    /// Asks the server something about the sandbox, and tells the visitor if it could not be done.
    pub fn ask<T, F>(self, ask: impl FnOnce(String) -> F + 'static, then: impl FnOnce(T) + 'static)
    where
        F: Future<Output = Result<T, ApiError>> + 'static,
        T: 'static,
    {
        let Some(sandbox) = self.sandbox.get_untracked() else {
            self.notices.warn(ApiError::Away.to_string());
            return;
        };
        let notices = self.notices;
        spawn_local(async move {
            match ask(sandbox).await {
                Ok(answer) => then(answer),
                Err(error) => notices.warn(error.to_string()),
            }
        });
    }

    fn listen(self) {
        let Some(sandbox) = self.sandbox.get_untracked() else {
            return;
        };
        match Stream::open(self, &sandbox) {
            Ok(stream) => self.source.set_value(Some(SendWrapper::new(stream))),
            Err(_) => self.notices.warn("This browser cannot listen to the server's events."),
        }
    }

    /// Ends the event stream.
    pub fn close(&self) {
        self.source.try_set_value(None);
    }

    fn reset(self, text: &str) {
        match json::read(text) {
            Ok(timeline) => {
                self.timeline.set_value(timeline);
                self.wake();
            }
            Err(_) => self.start_over(),
        }
    }

    fn take(self, text: &str) {
        let event: Result<Event, _> = json::read(text);
        let folded = event.is_ok_and(|event| {
            self.timeline.try_update_value(|timeline| timeline.fold(&event).is_ok()).unwrap_or(true)
        });
        if folded { self.wake() } else { self.start_over() }
    }

    /// An event was missing or could not be read: ask for a snapshot rather than show something that did not happen.
    fn start_over(self) {
        self.close();
        set_timeout(move || self.listen(), RETRY);
    }

    /// The server closed the stream for good: the sandbox may have been swept. Open it anew.
    fn lost(self) {
        self.close();
        self.connection.set(Connection::Away);
        set_timeout(move || spawn_local(self.try_to_open()), RETRY);
    }

    /// Wakes the screen, once for all events until the next picture.
    fn wake(self) {
        self.heard_ms.set_value(browser::now_ms());
        if self.is_stale.get_value() {
            return;
        }
        self.is_stale.set_value(true);
        request_animation_frame(move || {
            if self.is_stale.try_set_value(false).is_none() {
                self.version.update(|version| *version += 1);
            }
        });
    }
}

/// An open event stream with its listeners; closed when dropped.
struct Stream {
    source: EventSource,
    _listeners: [Closure<dyn Fn(MessageEvent)>; 4],
}

impl Stream {
    fn open(live: Live, sandbox: &str) -> Result<Self, wasm_bindgen::JsValue> {
        let source = EventSource::new(&format!("/api/sandboxes/{sandbox}/events"))?;
        let text = |message: &MessageEvent| message.data().as_string().unwrap_or_default();
        let opened = Closure::<dyn Fn(MessageEvent)>::new(move |_| live.connection.set(Connection::Live));
        let reset = Closure::<dyn Fn(MessageEvent)>::new(move |message| live.reset(&text(&message)));
        let event = Closure::<dyn Fn(MessageEvent)>::new(move |message| live.take(&text(&message)));
        let this = source.clone();
        let failed = Closure::<dyn Fn(MessageEvent)>::new(move |_| {
            live.connection.set(Connection::Away); // the browser reconnects by itself, from the last event
            if this.ready_state() == EventSource::CLOSED {
                live.lost();
            }
        });
        source.add_event_listener_with_callback("open", opened.as_ref().unchecked_ref())?;
        source.add_event_listener_with_callback("reset", reset.as_ref().unchecked_ref())?;
        source.add_event_listener_with_callback("event", event.as_ref().unchecked_ref())?;
        source.add_event_listener_with_callback("error", failed.as_ref().unchecked_ref())?;
        Ok(Self { source, _listeners: [opened, reset, event, failed] })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.close();
    }
}
