use super::*;
use aside_domain::{Outcome, Reply};

fn seen(start: &str, calls: Option<Calls>) -> Seen {
    Seen { name: "Redis".to_owned(), version: "7".to_owned(), start: start.to_owned(), calls }
}

fn at(seconds: u64, sent: Calls, seen: Option<Seen>) -> Look {
    static BEGIN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    Look { seen, sent, at_rest: true, at: *BEGIN + Duration::from_secs(1_000 + seconds) }
}

/// The counts of the receipts, those of the store, and since when.
fn told(watched: &mut Watched, look: Look) -> (Vec<u64>, Vec<Option<u64>>, u64) {
    let now = watched.tell(look);
    let receipts = now.counts.iter().map(|counted| counted.receipts).collect();
    (receipts, now.counts.iter().map(|counted| counted.store).collect(), now.since_s)
}

fn watched() -> Watched {
    Watched::new(["GET", "SET", "DEL"], "Redis")
}

#[test]
fn both_count_from_the_first_look_on() {
    let mut watched = watched();
    let first = told(&mut watched, at(0, [1, 1, 1], Some(seen("a", Some([70, 30, 10])))));
    assert_eq!(first, (vec![0, 0, 0], vec![Some(0); 3], 0));
    let later = told(&mut watched, at(9, [4, 3, 1], Some(seen("a", Some([73, 32, 10])))));
    assert_eq!(later, (vec![3, 2, 0], vec![Some(3), Some(2), Some(0)], 9));
}

#[test]
fn a_store_that_was_started_again_or_whose_counts_fell_is_counted_anew() {
    let mut watched = watched();
    told(&mut watched, at(0, [0; 3], Some(seen("a", Some([0; 3])))));
    told(&mut watched, at(1, [5, 5, 5], Some(seen("a", Some([5, 5, 5])))));
    // Started again; it has counted more already than it had at first.
    let again = told(&mut watched, at(2, [9, 9, 9], Some(seen("b", Some([7, 7, 7])))));
    assert_eq!(again, (vec![0; 3], vec![Some(0); 3], 0));
    // Reset: not below the baseline, but below what it told last.
    told(&mut watched, at(3, [19, 9, 9], Some(seen("b", Some([17, 7, 7])))));
    let reset = told(&mut watched, at(4, [20, 9, 9], Some(seen("b", Some([8, 7, 7])))));
    assert_eq!(reset, (vec![0; 3], vec![Some(0); 3], 0));
    let later = told(&mut watched, at(9, [21, 9, 9], Some(seen("b", Some([9, 7, 7])))));
    assert_eq!(later, (vec![1, 0, 0], vec![Some(1), Some(0), Some(0)], 5));
}

#[test]
fn a_store_that_does_not_answer_counts_nothing_and_the_receipts_go_on() {
    let mut watched = watched();
    assert_eq!(watched.tell(at(0, [2, 0, 0], None)).version, None);
    told(&mut watched, at(1, [2, 0, 0], Some(seen("a", Some([0; 3])))));
    let down = watched.tell(at(5, [3, 1, 0], None));
    assert_eq!((down.name.as_str(), down.version, down.since_s), ("Redis", None, 4));
    let counted: Vec<_> = down.counts.iter().map(|counted| (counted.receipts, counted.store)).collect();
    assert_eq!(counted, [(1, None), (1, None), (0, None)]);
    let back = told(&mut watched, at(6, [3, 1, 0], Some(seen("a", Some([1, 1, 0])))));
    assert_eq!(back, (vec![1, 1, 0], vec![Some(1), Some(1), Some(0)], 5));
}

#[test]
fn a_store_without_counts_is_counted_by_receipts_until_it_has_some() {
    let mut watched = watched();
    told(&mut watched, at(0, [0; 3], Some(seen("a", None))));
    assert_eq!(told(&mut watched, at(3, [3, 0, 0], Some(seen("a", None)))), (vec![3, 0, 0], vec![None; 3], 3));
    told(&mut watched, at(4, [4, 0, 0], Some(seen("a", Some([90, 0, 0])))));
    let counted = told(&mut watched, at(6, [5, 0, 0], Some(seen("a", Some([91, 0, 0])))));
    assert_eq!(counted, (vec![1, 0, 0], vec![Some(1), Some(0), Some(0)], 2));
}

#[test]
fn a_baseline_that_was_taken_while_calls_were_under_way_is_taken_again_at_rest() {
    let mut watched = watched();
    // One GET has arrived whose receipt is not there yet.
    told(&mut watched, Look { at_rest: false, ..at(0, [0; 3], Some(seen("a", Some([1, 0, 0])))) });
    told(&mut watched, at(1, [2, 0, 0], Some(seen("a", Some([2, 0, 0])))));
    let exact = told(&mut watched, at(2, [3, 0, 0], Some(seen("a", Some([3, 0, 0])))));
    assert_eq!(exact, (vec![1, 0, 0], vec![Some(1), Some(0), Some(0)], 1));
}

#[test]
fn info_is_read_and_valkey_is_called_by_its_name() {
    let stats = "# Commandstats\r\ncmdstat_getdel:calls=9,usec=1\r\ncmdstat_get:calls=3,usec=7,usec_per_call=2.33,\
                 rejected_calls=2,failed_calls=1\r\ncmdstat_set:calls=4\r\n";
    let redis = read_info("# Server\r\nredis_version:7.0.15\r\nrun_id:abc\r\n", stats);
    let expected = Seen { version: "7.0.15".to_owned(), ..seen("abc", Some([5, 4, 0])) };
    assert_eq!(redis, expected);
    let valkey =
        read_info("redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\nrun_id:abc\r\n", stats);
    assert_eq!(valkey, Seen { name: "Valkey".to_owned(), version: "8.1.1".to_owned(), ..expected });
}

fn receipt(sent: Option<&str>) -> Receipt {
    let sent = sent.map(str::to_owned);
    Receipt { outcome: Outcome::Hit, sent, reply: Reply::of(""), took_us: 1, injected_us: 0, held_us: 0 }
}

#[tokio::test]
async fn what_was_not_sent_is_not_counted_and_what_nobody_waits_for_is_not_under_way() {
    let tally = Sent::default().redis;
    let calls = [
        (Command::Get, receipt(Some("GET \"a\""))),
        (Command::Get, receipt(None)),
        (Command::Set, receipt(Some(""))),
        (Command::Set, Receipt { outcome: Outcome::NotStored, ..receipt(Some("EVAL")) }),
        (Command::Select, receipt(Some("SELECT"))),
    ];
    for (command, receipt) in calls {
        tally.count(command, async { ((), receipt) }).await;
    }
    let never = std::future::pending::<((), Receipt)>();
    let given_up = timeout(Duration::ZERO, tally.count(Command::Get, never)).await;
    assert!(given_up.is_err());
    assert_eq!(*tally.now(), Moment { begun: 6, ended: 6, sent: [1, 1, 0] });
}

#[tokio::test]
async fn a_store_is_asked_again_until_no_call_is_under_way_but_not_for_ever() {
    let tally = Sent::default().redis;
    tally.now().begun += 1;
    let asked = std::cell::Cell::new(0);
    let ask = || async {
        asked.set(asked.get() + 1);
        if asked.get() == 3 {
            tally.now().ended += 1;
        }
        Some(seen("a", Some([asked.get(), 0, 0])))
    };
    let first = look(&tally, ask).await;
    assert!(first.at_rest);
    assert_eq!((asked.get(), first.seen), (4, Some(seen("a", Some([4, 0, 0])))));
    tally.now().begun += 1;
    assert!(!look(&tally, ask).await.at_rest);
    assert_eq!(asked.get(), 4 + u64::from(TRIES));
}
