//! Leptos' signals, memos and stored values, of few types.
//!
//! Leptos compiles all of its machinery anew for every type of value in a signal. These have the same names and mean the
//! same, but give Leptos one type of value, behind which theirs is hidden: what is compiled for each type is little more than
//! a lock.

use leptos::prelude::{ArcTrigger, Get, GetUntracked, GetValue, Notify, Track};
use std::any::Any;
use std::marker::PhantomData;
use std::sync::{Arc, PoisonError, RwLock};

/// A value of any type.
type Hidden = Arc<dyn Any + Send + Sync>;

const GONE: &str = "what is read is still there";

/// A value as long as its part of the screen is there: a cheap handle.
pub struct StoredValue<T> {
    slot: leptos::prelude::StoredValue<Hidden>,
    holds: PhantomData<fn() -> T>,
}

impl<T> Clone for StoredValue<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for StoredValue<T> {}

impl<T: Default + Send + Sync + 'static> Default for StoredValue<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Send + Sync + 'static> StoredValue<T> {
    pub fn new(value: T) -> Self {
        Self::hide(Arc::new(RwLock::new(value)))
    }

    fn hide(value: Hidden) -> Self {
        Self { slot: leptos::prelude::StoredValue::new(value), holds: PhantomData }
    }

    fn find(self) -> Option<Arc<RwLock<T>>> {
        self.slot.try_get_value()?.downcast().ok()
    }

    pub fn try_with_value<R>(self, read: impl FnOnce(&T) -> R) -> Option<R> {
        self.find().map(|lock| with(&lock, read))
    }

    pub fn with_value<R>(self, read: impl FnOnce(&T) -> R) -> R {
        self.try_with_value(read).expect(GONE)
    }

    pub fn try_update_value<R>(self, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.find().map(|lock| update(&lock, change))
    }

    /// Does nothing when the value is gone.
    pub fn update_value(self, change: impl FnOnce(&mut T)) {
        self.try_update_value(change);
    }

    /// Hands the value back when there is no place for it any more.
    pub fn try_set_value(self, value: T) -> Option<T> {
        let Some(lock) = self.find() else { return Some(value) };
        set(&lock, value);
        None
    }

    /// Does nothing when the value is gone.
    pub fn set_value(self, value: T) {
        self.try_set_value(value);
    }
}

impl<T: Clone + Send + Sync + 'static> StoredValue<T> {
    pub fn try_get_value(self) -> Option<T> {
        self.find().map(|lock| get(&lock))
    }

    pub fn get_value(self) -> T {
        self.try_get_value().expect(GONE)
    }
}

/// A value that tells when it changed, as long as somebody has it.
pub struct ArcRwSignal<T>(Arc<Watched<T>>);

struct Watched<T> {
    value: RwLock<T>,
    changes: ArcTrigger,
}

impl<T> Clone for ArcRwSignal<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> ArcRwSignal<T> {
    pub fn new(value: T) -> Self {
        Self(Arc::new(Watched { value: RwLock::new(value), changes: ArcTrigger::new() }))
    }

    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        self.0.changes.track();
        self.with_untracked(read)
    }

    pub fn with_untracked<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        with(&self.0.value, read)
    }

    pub fn update<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let answer = update(&self.0.value, change);
        self.0.changes.notify();
        answer
    }

    pub fn set(&self, value: T) {
        set(&self.0.value, value);
        self.0.changes.notify();
    }
}

impl<T: Copy> ArcRwSignal<T> {
    pub fn get(&self) -> T {
        self.with(|value| *value)
    }

    pub fn get_untracked(&self) -> T {
        self.with_untracked(|value| *value)
    }
}

/// A value that tells when it changed, as long as its part of the screen is there: a cheap handle.
pub struct RwSignal<T> {
    slot: leptos::prelude::StoredValue<Hidden>,
    holds: PhantomData<fn() -> T>,
}

impl<T> Clone for RwSignal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for RwSignal<T> {}

impl<T: Default + Send + Sync + 'static> Default for RwSignal<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Send + Sync + 'static> RwSignal<T> {
    pub fn new(value: T) -> Self {
        let signal: Hidden = ArcRwSignal::new(value).0;
        Self { slot: leptos::prelude::StoredValue::new(signal), holds: PhantomData }
    }

    fn find(self) -> Option<ArcRwSignal<T>> {
        self.slot.try_get_value()?.downcast().ok().map(ArcRwSignal)
    }

    pub fn track(self) {
        self.find().expect(GONE).0.changes.track();
    }

    pub fn with<R>(self, read: impl FnOnce(&T) -> R) -> R {
        self.find().expect(GONE).with(read)
    }

    pub fn with_untracked<R>(self, read: impl FnOnce(&T) -> R) -> R {
        self.find().expect(GONE).with_untracked(read)
    }

    pub fn try_update<R>(self, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.find().map(|signal| signal.update(change))
    }

    /// Does nothing when the value is gone.
    pub fn update(self, change: impl FnOnce(&mut T)) {
        self.try_update(change);
    }

    /// Does nothing when the value is gone.
    pub fn set(self, value: T) {
        if let Some(signal) = self.find() {
            signal.set(value);
        }
    }
}

impl<T: Clone + Send + Sync + 'static> RwSignal<T> {
    pub fn get(self) -> T {
        self.with(T::clone)
    }

    pub fn get_untracked(self) -> T {
        self.with_untracked(T::clone)
    }

    pub fn try_get_untracked(self) -> Option<T> {
        self.find().map(|signal| signal.with_untracked(T::clone))
    }
}

/// What follows from other values, and tells when it changed: a cheap handle.
pub struct Memo<T> {
    memo: leptos::prelude::Memo<Followed>,
    holds: PhantomData<fn() -> T>,
}

#[derive(Clone)]
struct Followed {
    value: Hidden,
    is_same: fn(&Hidden, &Hidden) -> bool,
}

impl PartialEq for Followed {
    fn eq(&self, other: &Self) -> bool {
        (self.is_same)(&self.value, &other.value)
    }
}

impl<T> Clone for Memo<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Memo<T> {}

impl<T: PartialEq + Send + Sync + 'static> Memo<T> {
    pub fn new(follow: impl Fn() -> T + Send + Sync + 'static) -> Self {
        let is_same = |a: &Hidden, b: &Hidden| a.downcast_ref::<T>() == b.downcast_ref::<T>();
        let memo = followed(Box::new(move || Followed { value: Arc::new(follow()), is_same }));
        Self { memo, holds: PhantomData }
    }

    pub fn with<R>(self, read: impl FnOnce(&T) -> R) -> R {
        read(self.memo.get().value.downcast_ref().expect(GONE))
    }
}

fn followed(follow: Box<dyn Fn() -> Followed + Send + Sync>) -> leptos::prelude::Memo<Followed> {
    leptos::prelude::Memo::new(move |_| follow())
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Memo<T> {
    pub fn get(self) -> T {
        self.with(T::clone)
    }

    pub fn get_untracked(self) -> T {
        self.memo.get_untracked().value.downcast_ref().cloned().expect(GONE)
    }
}

fn with<T, R>(lock: &RwLock<T>, read: impl FnOnce(&T) -> R) -> R {
    read(&lock.read().unwrap_or_else(PoisonError::into_inner))
}

fn update<T, R>(lock: &RwLock<T>, change: impl FnOnce(&mut T) -> R) -> R {
    change(&mut lock.write().unwrap_or_else(PoisonError::into_inner))
}

fn set<T>(lock: &RwLock<T>, value: T) {
    let before = update(lock, |place| std::mem::replace(place, value));
    drop(before); // after the lock, for it may look at others
}

fn get<T: Clone>(lock: &RwLock<T>) -> T {
    with(lock, T::clone)
}
