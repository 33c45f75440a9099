//! The data sets that sandboxes share: each read through a server, with a sandbox's own rows and tombstones over them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use aside_domain::{DataSet, Key, Method, Outcome, Request, Scenario, Settings, Traffic, Value, limits};
use aside_engine::{Engine, EngineError, Sandbox, Which};
use common::*;
use futures::future::join_all;
use serde_json::Value as Json;

/// A drawing with that set under its database.
fn over(set: DataSet, scenario: Scenario) -> Scenario {
    with_set(Some(set), scenario)
}

fn with_set(set: Option<DataSet>, mut scenario: Scenario) -> Scenario {
    for node in &mut scenario.graph.nodes {
        if let Settings::Postgres(postgres) = &mut node.settings {
            postgres.data_set = set;
        }
    }
    scenario
}

/// A client and a server over a database with users, without a cache.
fn no_cache(requests: &str) -> Scenario {
    let nodes = [&format!("client:{requests}"), "server", "postgres"];
    over(DataSet::Users, drawing(&nodes, &["client>server", "server>postgres"]))
}

/// What the server answers to these, without a cache between.
async fn asked(sandbox: &Sandbox, requests: &str) -> Vec<(u16, String)> {
    amend(sandbox, |_| no_cache(requests)).await;
    answers(&run_all(sandbox).await)
}

async fn statuses_of(sandbox: &Sandbox, requests: &str) -> Vec<u16> {
    asked(sandbox, requests).await.into_iter().map(|(status, _)| status).collect()
}

async fn pool(url: &str) -> sqlx::PgPool {
    sqlx::PgPool::connect(url).await.unwrap()
}

/// How many rows a sandbox has in Postgres, and how many of them are tombstones.
async fn rows_and_tombstones(sandbox: &Sandbox) -> (i64, i64) {
    let pool = pool(stores().await.database_url()).await;
    let sql = "SELECT count(*), count(*) FILTER (WHERE value IS NULL) FROM node_rows WHERE sandbox = $1";
    sqlx::query_as(sql).bind(sandbox.id().as_str()).fetch_one(&pool).await.unwrap()
}

#[test]
fn each_set_is_read_through_a_server_and_cached_whole() {
    test(async {
        for set in DataSet::ALL {
            let keys = [1, 17, set.keys()].map(|number| set.key(number));
            let client = format!("{},{},doe", keys.join(","), set.key(set.keys() + 1));
            let sandbox = sandbox_of(over(set, usual(&client, "", "doe=own"))).await;
            let events = run_all(&sandbox).await;
            assert_eq!(statuses(&events), [200, 200, 200, 404, 200], "{set:?}");
            let cached = cached(&sandbox, "redis").await;
            let found = receipts(&events, "postgres");
            for (key, receipt) in keys.iter().zip(&found) {
                let value = &cached.iter().find(|(cached, _)| cached == key).unwrap().1;
                let json: Json = serde_json::from_str(value).unwrap();
                assert_eq!(json["id"].to_string(), key.split_once(':').unwrap().1);
                assert_eq!(receipt.outcome, Outcome::Found);
                assert_eq!(receipt.reply.bytes, value.len() as u64);
                let sent = receipt.sent.as_ref().unwrap();
                assert!(
                    sent.starts_with("SELECT ") && sent.contains("UNION ALL") && sent.contains("shared_"),
                    "{sent}"
                );
                assert!(sent.contains(&format!("$4 = '{}'", json["id"])), "{sent}");
            }
            assert_eq!((found[3].outcome, found[3].reply.text.as_str()), (Outcome::NotFound, "0 rows"));
            assert!(!found[4].sent.as_ref().unwrap().contains("shared_"), "a row of the node's own needs no set");
            // Every hit is what the database has, and so says the observer.
            let events = run_all(&sandbox).await;
            assert_eq!(outcomes(&events, "redis")[..3], [Outcome::Hit; 3]);
            assert_eq!(stale_reads(&events), []);
            assert!(sandbox.keys(&id("redis")).await.unwrap().iter().all(|key| key.stale.is_none()));
        }
    });
}

#[test]
fn a_product_joins_five_tables_and_a_thread_is_a_tree() {
    test(async {
        let read = async |set: DataSet, number: u32| -> Json {
            let sandbox = sandbox_of(over(set, usual(&set.key(number), "", ""))).await;
            assert_eq!(statuses(&run_all(&sandbox).await), [200]);
            serde_json::from_str(&cached(&sandbox, "redis").await[0].1).unwrap()
        };
        let product = read(DataSet::Products, 17).await;
        for field in ["name", "price", "description", "brand", "category", "stock", "rating", "reviews"] {
            assert!(!product[field].is_null(), "{field} of {product}");
        }
        assert!(product["reviews"].as_array().unwrap().len() > 1 && product["stock"].as_object().unwrap().len() == 3);
        let unrated = read(DataSet::Products, 8).await;
        assert!(unrated["rating"].is_null() && unrated["reviews"].as_array().unwrap().is_empty(), "{unrated}");

        let thread = read(DataSet::Threads, 17).await;
        let depths: Vec<u64> =
            thread["comments"].as_array().unwrap().iter().map(|comment| comment["depth"].as_u64().unwrap()).collect();
        assert_eq!(depths[0], 0);
        assert!(depths.iter().any(|&depth| depth > 2), "{depths:?}");
        assert!(depths.windows(2).all(|two| two[1] <= two[0] + 1), "each answers one before it: {depths:?}");

        let session = read(DataSet::Sessions, 17).await;
        let user = read(DataSet::Users, session["user"]["id"].as_u64().unwrap() as u32).await;
        assert_eq!(session["user"]["name"], user["name"], "who is logged in is one of the users");
    });
}

#[test]
fn every_value_of_every_set_is_one_that_a_person_could_write() {
    test(async {
        for set in DataSet::ALL {
            let sandbox = sandbox_of(over(set, usual(&set.key(1), "", ""))).await;
            let receipt = receipts(&run_all(&sandbox).await, "postgres").remove(0);
            // The statement as it was sent, for all of the set instead of one.
            let sent = receipt.sent.unwrap();
            let (_, shared) = sent.split_once("\n--").unwrap().0.split_once("\nUNION ALL\n").unwrap();
            let one = shared.split_once(" AND NOT EXISTS").unwrap().0.replace("$4::integer", "number");
            let all = format!(
                "SELECT count(value), max(octet_length(value)), count(DISTINCT value) \
                 FROM generate_series(1, {}) AS number, LATERAL ({one}) AS row (value)",
                set.keys()
            );
            let pool = pool(stores().await.database_url()).await;
            let (rows, longest, different): (i64, i32, i64) =
                sqlx::query_as(sqlx::AssertSqlSafe(all)).fetch_one(&pool).await.unwrap();
            assert_eq!((rows, different), (set.keys().into(), set.keys().into()), "{set:?}");
            assert!(longest > 80 && longest as usize <= limits::VALUE_BYTES, "{set:?}: {longest}");
        }
    });
}

#[test]
fn writes_lie_over_the_set_and_deletions_leave_tombstones() {
    test(async {
        let (mine, theirs) = (textbook().await, textbook().await);
        let before = asked(&theirs, "user:17").await;
        // Over a row of the set a PUT is an update; after a deletion it creates.
        let said = asked(&mine, "user:17,PUT user:17=mine,user:17,DELETE user:17,user:17,DELETE user:17").await;
        assert_eq!(said[0], before[0]);
        assert_eq!(said.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [200, 200, 200, 200, 404, 404]);
        assert_eq!(said[2], (200, "mine".to_owned()));
        assert_eq!(rows_and_tombstones(&mine).await, (4, 1), "the textbook's three, and one tombstone");
        let course = "PUT user:17=new,user:17,PUT user:17=newer,DELETE user:17,DELETE user:18,user:18,PUT user:18=b";
        assert_eq!(statuses_of(&mine, course).await, [201, 200, 200, 200, 200, 404, 201]);
        assert_eq!(rows_and_tombstones(&mine).await, (5, 1));
        // What the set does not have is as it always was, and leaves nothing behind.
        let course =
            "DELETE ghost,DELETE user:200001,PUT user:200001=a,PUT user:200001=b,DELETE user:200001,user:200001";
        assert_eq!(statuses_of(&mine, course).await, [404, 404, 201, 200, 200, 404]);
        assert_eq!(rows_and_tombstones(&mine).await, (5, 1));
        assert_eq!(asked(&theirs, "user:17,user:18").await[0], before[0], "nobody else sees any of it");
        assert_eq!(statuses_of(&theirs, "user:18").await, [200]);
        assert_eq!(rows_and_tombstones(&theirs).await, (3, 0));
    });
}

#[test]
fn without_the_set_its_rows_are_gone_and_its_tombstones_are_nothing() {
    test(async {
        let sandbox = sandbox_of(no_cache("DELETE user:1,DELETE user:2,DELETE user:3,PUT user:4=own")).await;
        assert_eq!(statuses(&run_all(&sandbox).await), [200, 200, 200, 200]);
        let without = async |requests: &str| {
            amend(&sandbox, |_| with_set(None, no_cache(requests))).await;
            statuses(&run_all(&sandbox).await)
        };
        assert_eq!(
            without("user:1,user:4,user:5,PUT user:1=a,DELETE user:2,PUT user:5=b").await,
            [404, 200, 404, 201, 404, 201]
        );
        // With it again, what was deleted stays deleted, but for what was written, or deleted, meanwhile.
        assert_eq!(statuses_of(&sandbox, "user:1,user:2,user:3,user:4,user:6").await, [200, 200, 404, 200, 200]);
    });
}

#[test]
fn traffic_alone_lays_the_users_under_a_database() {
    test(async {
        let mut scenario = with_set(None, usual("user:17", "", ""));
        let sandbox = sandbox_of(scenario.clone()).await;
        assert_eq!(statuses(&run_all(&sandbox).await), [404]);
        let crowd = drawing(&["client2"], &[]).graph.nodes.remove(0);
        scenario.graph.nodes.push(crowd);
        let Settings::Client(client) = &mut scenario.graph.nodes[4].settings else { panic!("it is a client") };
        client.traffic = Some(Traffic::default());
        scenario.graph.links.push(aside_domain::Link::new(id("client2"), id("server")));
        amend(&sandbox, |_| scenario).await;
        assert_eq!(statuses(&run(&sandbox, Which::Clients(vec![id("client")])).await), [200]);
    });
}

#[test]
fn what_is_shown_tells_what_is_joined_and_begins_with_the_usual_word() {
    test(async {
        let client = "product:17,PUT product:17=mine,DELETE product:17";
        let sandbox = sandbox_of(over(DataSet::Products, usual(client, "", ""))).await;
        let events = run_all(&sandbox).await;
        let at_postgres = at_stores(&events).into_iter().filter(|line| line.starts_with("postgres ?"));
        let shown: Vec<String> = at_postgres.collect();
        assert!(shown[0].starts_with("postgres ? SELECT json_build_object(…) FROM products JOIN brands"), "{shown:?}");
        assert!(shown[1].starts_with("postgres ? INSERT INTO products "), "{shown:?}");
        assert_eq!(shown[2], "postgres ? DELETE FROM products WHERE key = 'product:17'");
        let receipts = receipts(&events, "postgres");
        let replies: Vec<&str> = receipts[1..].iter().map(|receipt| receipt.reply.text.as_str()).collect();
        assert_eq!(replies, ["1 row updated", "1 row deleted"]);
        let buried = receipts[2].sent.as_ref().unwrap();
        assert!(buried.starts_with("INSERT INTO node_rows") && buried.contains("SET value = NULL"), "{buried}");
    });
}

#[test]
fn an_inspector_lists_a_nodes_own_rows_and_edits_lie_over_the_set() {
    test(async {
        let (postgres, redis) = (id("postgres"), id("redis"));
        let sandbox = sandbox_of(over(DataSet::Users, usual("user:1,user:2,user:3", "", "own=1"))).await;
        run_all(&sandbox).await;
        assert_eq!(stored(&sandbox, "postgres").await, entries(&[("own", "1")]));
        // The caches hold copies of the set's rows; each edit makes one stale.
        assert_eq!(sandbox.put_row(&postgres, key("user:1"), value("edited")).await, Ok(1));
        assert_eq!(sandbox.delete_row(&postgres, "user:2").await, Ok(1));
        assert_eq!(sandbox.delete_row(&postgres, "user:200001").await, Ok(0));
        assert_eq!(stored(&sandbox, "postgres").await, entries(&[("own", "1"), ("user:1", "edited")]));
        assert_eq!(sizes(&sandbox).await, [(redis.clone(), 3), (postgres.clone(), 2)]);
        let stale: Vec<bool> = sandbox.keys(&redis).await.unwrap().iter().map(|key| key.stale.is_some()).collect();
        assert_eq!(stale, [true, true, false]);
        assert_eq!(sandbox.sizes().await.unwrap()[0].stale, 2);
        let events = run_all(&sandbox).await;
        assert_eq!((statuses(&events), stale_reads(&events).len()), (vec![200, 200, 200], 2));
        sandbox.flush(&redis).await.unwrap();
        assert_eq!(statuses(&run_all(&sandbox).await), [200, 404, 200]);

        // A row over the set that is deleted by hand is gone, and does not uncover the set's.
        sandbox.delete_row(&postgres, "user:1").await.unwrap();
        sandbox.flush(&redis).await.unwrap();
        assert_eq!(statuses(&run_all(&sandbox).await), [404, 404, 200]);
        let exported = sandbox.export().await.unwrap();
        let Settings::Postgres(exported) = &exported.graph.nodes[3].settings else { panic!("it is the database") };
        assert_eq!((exported.rows.len(), exported.data_set), (1, Some(DataSet::Users)));
        // A reset takes the tombstones, too.
        let saved = sandbox.saved().await.unwrap();
        sandbox.reset(saved.scenario, saved.version, "test").await.unwrap();
        assert_eq!(rows_and_tombstones(&sandbox).await, (1, 0));
        assert_eq!(statuses(&run_all(&sandbox).await), [200, 200, 200]);
    });
}

#[test]
fn tombstones_take_room_like_rows() {
    test(async {
        let sandbox = sandbox_of(no_cache("DELETE user:5000,PUT user:5000=a")).await;
        let pool = pool(stores().await.database_url()).await;
        let fill = "INSERT INTO node_rows (sandbox, node, key) \
                    SELECT $1, 'postgres', 'user:' || number FROM generate_series(1, $2::integer) AS number";
        let most = limits::ROWS_PER_DATABASE as i32;
        sqlx::query(fill).bind(sandbox.id().as_str()).bind(most).execute(&pool).await.unwrap();
        assert_eq!(stored(&sandbox, "postgres").await, []);
        assert_eq!(sizes(&sandbox).await, [(id("postgres"), 0)]);
        assert_eq!(sandbox.run(Which::All).await, Err(EngineError::NoRoom));
        assert_eq!(
            sandbox.run(Which::One(id("client"), 0)).await,
            Err(EngineError::NoRoom),
            "a DELETE over a set, too"
        );
        let postgres = id("postgres");
        assert_eq!(sandbox.delete_row(&postgres, "user:5000").await, Err(EngineError::NoRoom));
        assert_eq!(sandbox.put_row(&postgres, key("user:5000"), value("a")).await, Err(EngineError::NoRoom));
        assert_eq!(sandbox.put_row(&postgres, key("user:1"), value("a")).await, Ok(0), "its place is taken already");

        let service = service(&engine().await, &sandbox).await;
        let over_set = async |method, key: &str| ask(&service, method, key).await.0;
        assert_eq!(over_set(Method::Put, "user:5000").await, 507);
        assert_eq!(over_set(Method::Delete, "user:5000").await, 507);
        assert_eq!(over_set(Method::Delete, "user:1").await, 200);
    });
}

async fn service(engine: &Engine, sandbox: &Sandbox) -> aside_engine::Service {
    let address = sandbox.live_address().await.unwrap();
    engine.service(&address, "server").await.unwrap()
}

async fn ask(service: &aside_engine::Service, method: Method, key: &str) -> (u16, String) {
    let key = Key::new(key).unwrap();
    let request = match method {
        Method::Get => Request::get(key),
        Method::Put => Request::put(key, Value::new("by put").unwrap()),
        Method::Delete => Request::delete(key),
    };
    let served = service.ask(&service.enter().unwrap(), request).await;
    (served.status, served.text)
}

#[test]
fn a_live_service_and_traffic_find_the_set_filled_in() {
    test(async {
        let own = OwnStores::start().await;
        let engine = own.engine().await;
        let sandbox = open(&engine).await;
        sandbox.reset(over(DataSet::Threads, usual("a", "", "")), 1, "test").await.unwrap();
        let service = service(&engine, &sandbox).await;
        let (status, text) = ask(&service, Method::Get, "thread:17").await;
        assert!(status == 200 && text.contains("\"id\" : 17"), "{status} {text}");
        assert_eq!(ask(&service, Method::Put, "thread:17").await.0, 200);
        assert_eq!(ask(&service, Method::Delete, "thread:17").await.0, 200);
        assert_eq!(ask(&service, Method::Put, "thread:17").await.0, 201);

        let mut scenario = usual("a", "", "");
        let Settings::Client(client) = &mut scenario.graph.nodes[0].settings else { panic!("it is the client") };
        client.traffic = Some(Traffic { users: 8, duration_s: 1, keys: 200_000, ..Traffic::default() });
        let crowded = open(&engine).await;
        crowded.reset(scenario, 1, "test").await.unwrap();
        crowded.start_traffic(&id("client")).await.unwrap();
        until("the traffic ends", || async { crowded.traffic().last().is_some_and(|now| now.end.is_some()) }).await;
        let totals = crowded.traffic().pop().unwrap().totals;
        assert!(totals.requests > 0 && totals.misses > 0, "{totals:?}");
        assert_eq!(totals.errors, 0, "{totals:?}");
        own.stores.stop().await;
    });
}

#[test]
fn two_processes_that_fill_a_set_at_once_fill_it_once() {
    test(async {
        let own = OwnStores::start().await;
        let engines = [own.engine().await, own.engine().await];
        let sandboxes = join_all((0..8).map(async |n| {
            let sandbox = open(&engines[n % 2]).await;
            let set = DataSet::ALL[n / 2 % 4];
            sandbox.reset(over(set, usual(&set.key(set.keys()), "", "")), 1, "test").await.unwrap();
            sandbox
        }))
        .await;
        // Each run waits until its set is there, and none of its requests does.
        let said = join_all(sandboxes.iter().map(async |sandbox| statuses(&run_all(sandbox).await))).await;
        assert!(said.iter().all(|statuses| *statuses == [200]), "{said:?}");
        let pool = pool(own.stores.database_url()).await;
        let sql = "SELECT (SELECT count(*) FROM shared_users), (SELECT count(*) FROM shared_products), \
                   (SELECT count(*) FROM shared_threads), (SELECT count(*) FROM shared_sessions), (SELECT count(*) FROM shared_sets)";
        let counts: (i64, i64, i64, i64, i64) = sqlx::query_as(sql).fetch_one(&pool).await.unwrap();
        assert_eq!(counts, (200_000, 5_000, 2_000, 20_000, 4));
        pool.close().await;
        own.stores.stop().await;
    });
}
