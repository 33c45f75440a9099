//! Work that comes to its end even if nobody waits for it any more.

use std::pin::Pin;
use std::task::{Context, Poll};

/// A future that is polled by whoever waits for it. Whoever goes away leaves the rest of it to a task of its own: so all others
/// need no task, which would cost each of them a change of threads.
pub struct ToItsEnd<T: Send + 'static>(Option<Pin<Box<dyn Future<Output = T> + Send>>>);

impl<T: Send + 'static> ToItsEnd<T> {
    /// This work.
    pub fn of(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<T: Send + 'static> Future for ToItsEnd<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        // It is not polled after its end, so there is always something to do.
        let Some(work) = self.0.as_mut() else { return Poll::Pending };
        let poll = work.as_mut().poll(context);
        if poll.is_ready() {
            self.0 = None;
        }
        poll
    }
}

impl<T: Send + 'static> Drop for ToItsEnd<T> {
    fn drop(&mut self) {
        // Work that panicked is not taken up again.
        if let Some(work) = self.0.take().filter(|_| !std::thread::panicking())
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ToItsEnd;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_comes_to_its_end() {
        let (go, gone) = oneshot::channel();
        let (tell, told) = oneshot::channel();
        let work = ToItsEnd::of(async move {
            gone.await.unwrap();
            tell.send("done").unwrap();
        });
        let waiting = tokio::spawn(work);
        tokio::task::yield_now().await;
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        go.send(()).unwrap();
        assert_eq!(told.await, Ok("done"));
    }

    #[tokio::test]
    async fn who_waits_gets_what_it_came_to() {
        assert_eq!(ToItsEnd::of(async { 7 }).await, 7);
    }
}
