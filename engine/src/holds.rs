//! Packets that a link holds: each is a request's task that waits, and nothing else does.

use aside_domain::Released;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// A packet that is held: its run, and its hop's number in it.
pub(crate) type Packet = (u32, u32);

/// The packets of a sandbox that are held.
#[derive(Default)]
pub(crate) struct Holds(Mutex<HashMap<Packet, oneshot::Sender<Released>>>);

/// A place among them, given back however the wait ends.
pub(crate) struct Hanging<'a> {
    holds: &'a Holds,
    packet: Packet,
    released: oneshot::Receiver<Released>,
}

impl Holds {
    fn all(&self) -> MutexGuard<'_, HashMap<Packet, oneshot::Sender<Released>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hangs a packet up.
    pub(crate) fn hang(&self, packet: Packet) -> Hanging<'_> {
        let (release, released) = oneshot::channel();
        self.all().insert(packet, release);
        Hanging { holds: self, packet, released }
    }

    /// Lets one packet go, or all; tells how many there were.
    pub(crate) fn release(&self, which: Option<Packet>, why: Released) -> usize {
        let released: Vec<_> = match which {
            Some(packet) => self.all().remove(&packet).into_iter().collect(),
            None => self.all().drain().map(|(_, release)| release).collect(),
        };
        // One whose wait has just ended in another way hears nothing more.
        released.into_iter().filter_map(|release| release.send(why).ok()).count()
    }

    /// How many hang of that run, or of all.
    pub(crate) fn count(&self, run: Option<u32>) -> usize {
        self.all().keys().filter(|(of, _)| run.is_none_or(|run| run == *of)).count()
    }
}

impl Hanging<'_> {
    /// Waits until somebody lets it go.
    pub(crate) async fn released(&mut self) -> Released {
        // The sender stays in the list for as long as this is there, and is only ever taken out to send.
        (&mut self.released).await.unwrap_or(Released::Stopped)
    }
}

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        self.holds.all().remove(&self.packet);
    }
}
