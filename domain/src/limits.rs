//! How much of everything there may be: bounds that keep one visitor from slowing down another.

/// Nodes in a drawing.
pub const NODES: usize = 2_000;
/// Links in a drawing.
pub const LINKS: usize = 4_000;
/// Requests in a run, all clients together.
pub const REQUESTS_PER_RUN: usize = 1_000;
/// Keys that a person may put into one Redis node, and rows into one Postgres node.
pub const ENTRIES_PER_STORE: usize = 200;
/// Rows that runs may bring into one Postgres node.
pub const ROWS_PER_DATABASE: u64 = 2_000;
/// Length of a key, in bytes.
pub const KEY_BYTES: usize = 128;
/// Length of a value, in bytes.
pub const VALUE_BYTES: usize = 4_096;
/// Length of a name or title, in characters.
pub const NAME_CHARS: usize = 64;
/// Length of a resource's name in a live service's address, in characters.
pub const RESOURCE_CHARS: usize = 32;
/// Length of a node's id, in characters.
pub const ID_CHARS: usize = 48;
/// How far from the origin a node may stand, in canvas pixels, in each direction.
pub const CANVAS_REACH: i32 = 100_000;
/// The longest time to live, in seconds: thirty days.
pub const TTL_S: u32 = 30 * 24 * 60 * 60;
/// The longest injected delay of a link, in milliseconds.
pub const DELAY_MS: u32 = 2_000;
/// How long a request may take, in milliseconds; then it ends, whatever it waits for.
pub const REQUEST_MS: u32 = 30_000;
/// How long a link may hold a packet, in seconds; then it goes on by itself.
pub const HELD_S: u32 = 300;
/// The most jitter, in percent.
pub const JITTER_PERCENT: u32 = 50;
/// The most failures in a row that a circuit breaker may wait for.
pub const BREAKER_FAILURES: u32 = 100;
/// The longest that a circuit breaker may stay open, in seconds.
pub const BREAKER_OPEN_S: u32 = 600;
/// The longest that a server may remember that a key is not there, in seconds.
pub const NEGATIVE_TTL_S: u32 = 300;
/// Length of a reply as a receipt shows it, in bytes; the receipt also tells the whole length.
pub const REPLY_BYTES: usize = 256;
/// Events that the recorder keeps for readers that come back.
pub const EVENTS_KEPT: usize = 4_096;
/// Runs that a timeline keeps, so that a viewer of one is not thrown off by the next.
pub const RUNS_KEPT: usize = 8;
/// Of these, runs that are samples of traffic or of requests from outside: they come and go by themselves.
pub const SAMPLES_KEPT: usize = 3;
/// Requests of all kept runs together; the oldest runs are let go beyond it, never the latest.
pub const REQUESTS_KEPT: usize = 2_000;
