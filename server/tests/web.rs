//! Pages, assets and headers, as a browser meets them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{VERSION, Visitor, put, server};
use reqwest::{Client, Response};
use serde_json::{Value, json};

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

async fn post(client: &Client, url: &str, body: Value, headers: &[(&str, &str)]) -> Response {
    let mut request = client.post(url).json(&body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_first_visit_sets_the_cookie_and_later_ones_do_not() {
    let server = server();
    let visitor = server.visitor();
    let first = visitor.get("/").await;
    assert_eq!(first.status(), 200);
    let cookie = header(&first, "set-cookie").unwrap().to_owned();
    let (id, attributes) = cookie.strip_prefix("aside=").unwrap().split_once(';').unwrap();
    assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
    assert_eq!(attributes, " Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
    assert_eq!(header(&visitor.get("/").await, "set-cookie"), None);
    assert_eq!(header(&visitor.get("/sandbox").await, "set-cookie"), None);
}

#[tokio::test]
async fn a_cookie_that_is_none_of_ours_is_replaced() {
    let server = server();
    for broken in ["aside=", "aside=x", "aside=<script>", "aside=0123456789ABCDEF0123456789ABCDEF"] {
        let request = Client::new().get(server.url()).header("cookie", broken);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(header(&response, "set-cookie").unwrap().starts_with("aside="), "{broken}");
    }
}

#[tokio::test]
async fn only_pages_and_the_api_set_a_cookie() {
    let server = server();
    let asset = format!("/assets/{VERSION}/aside.js");
    for path in [asset.as_str(), "/assets/other/aside.js", "/favicon.svg", "/favicon.ico", "/healthz", "/readyz"] {
        assert_eq!(header(&Visitor::of(server.url()).get(path).await, "set-cookie"), None, "{path}");
    }
    let response = post(&Client::new(), &format!("{}/api/open", server.url()), json!({ "place": "free" }), &[]).await;
    assert_eq!(response.status(), 200);
    assert!(header(&response, "set-cookie").is_some());
}

#[tokio::test]
async fn a_page_is_whole_private_and_runs_its_own_scripts_only() {
    let server = server();
    let response = server.visitor().get("/").await;
    assert_eq!(header(&response, "content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(header(&response, "cache-control"), Some("no-store"));
    let policy = header(&response, "content-security-policy").unwrap().to_owned();
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    assert!(nonce.len() >= 22, "{nonce}");
    assert!(policy.contains("'wasm-unsafe-eval'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("'unsafe-eval'") && !policy.contains("script-src 'unsafe-inline'"), "{policy}");

    let page = response.text().await.unwrap();
    assert!(page.contains(&format!("/assets/{VERSION}/aside.js")), "{page}");
    assert!(page.contains("</html>"), "{page}");
    let scripts: Vec<&str> = page.split("<script").skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
    assert!(!scripts.is_empty());
    // One that is data needs none: it is not run.
    for script in scripts.into_iter().filter(|script| !script.contains("application/json")) {
        assert!(script.contains(&format!("nonce=\"{nonce}\"")), "<script{script}>");
    }
    let again = server.visitor().get("/").await;
    assert!(!header(&again, "content-security-policy").unwrap().contains(&nonce), "a nonce comes once");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let server = server();
    let visitor = server.visitor();
    let asset = format!("/assets/{VERSION}/aside.js");
    for path in
        ["/", "/nowhere", asset.as_str(), "/assets/x/y", "/healthz", "/api/nothing", "/api/open", "/favicon.ico"]
    {
        let response = visitor.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header(&response, name), Some(value), "{path}");
        }
        if !path.starts_with("/assets/") {
            assert!(header(&response, "content-security-policy").is_some(), "{path}");
        }
    }
}

#[tokio::test]
async fn an_address_that_does_not_exist_is_404_everywhere() {
    let server = server();
    let visitor = server.visitor();
    let page = visitor.get("/nowhere/at/all").await;
    assert_eq!(page.status(), 404);
    assert_eq!(header(&page, "content-type"), Some("text/html; charset=utf-8"));
    assert!(header(&page, "content-security-policy").unwrap().contains("'nonce-"));
    assert!(page.text().await.unwrap().contains("</html>"));

    for (endpoint, expected) in [("nothing", 404), ("open/further", 404)] {
        assert_eq!(visitor.call(endpoint, &json!({})).await.0, expected, "{endpoint}");
    }
    assert_eq!(visitor.get("/api/open").await.status(), 405);
    let posted = post(&visitor.client, &format!("{}/nowhere", server.url()), json!({}), &[]).await;
    assert_eq!(posted.status(), 403); // it carries a cookie and does not say where it comes from
    let posted = post(&Client::new(), &format!("{}/nowhere", server.url()), json!({}), &[]).await;
    assert_eq!(posted.status(), 404);
}

#[tokio::test]
async fn pages_are_compressed() {
    let server = server();
    for encoding in ["br", "gzip"] {
        let request = Client::new().get(server.url()).header("accept-encoding", encoding);
        let response = request.send().await.unwrap();
        assert_eq!(header(&response, "content-encoding"), Some(encoding));
        assert_eq!(header(&response, "vary"), Some("accept-encoding"));
    }
}

#[tokio::test]
async fn a_foreign_page_changes_nothing() {
    let server = server();
    let visitor = server.visitor();
    let sandbox = visitor.open("free").await;
    let url = format!("{}/api/edit", server.url());
    let body = put(&sandbox, "redis", "planted", "v");
    let own = server.url();
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site"), ("origin", &own)],
        &[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:1")],
        &[],
    ] {
        let refusal = post(&visitor.client, &url, body.clone(), headers).await;
        assert_eq!(refusal.status(), 403, "{headers:?}");
        let refusal: Value = refusal.json().await.unwrap();
        assert!(refusal["Refused"]["message"].as_str().unwrap().contains("nothing was changed"), "{refusal}");
    }
    let keys = visitor.contents(&sandbox, "redis").await;
    assert!(!keys.to_string().contains("planted"), "{keys}");

    let accepted = post(&visitor.client, &url, body, &[("origin", &own)]).await;
    assert_eq!(accepted.status(), 200);
}

#[tokio::test]
async fn a_body_over_two_mebibytes_is_refused_with_a_sentence() {
    let server = server();
    let visitor = server.visitor();
    let sandbox = visitor.open("free").await;
    let mut body = put(&sandbox, "redis", "k", "v");
    body["edit"]["Put"]["value"] = "x".repeat(2 * 1024 * 1024).into();
    let (status, refusal) = visitor.call("edit", &body).await;
    assert_eq!(status, 413, "{refusal}");
    assert!(refusal["Refused"]["message"].as_str().unwrap().contains("2 MiB"), "{refusal}");
    body["edit"]["Put"]["value"] = "x".repeat(2 * 1024 * 1000).into();
    let (status, refusal) = visitor.call("edit", &body).await;
    assert_eq!(status, 422, "{refusal}");
}

#[tokio::test]
async fn arguments_that_make_no_sense_are_422_with_a_sentence() {
    let server = server();
    let visitor = server.visitor();
    let sandbox = visitor.open("free").await;
    let mut nameless = put(&sandbox, "redis", "k", "v");
    nameless["edit"]["Put"]["key"] = "".into();
    let mut timeless = put(&sandbox, "redis", "k", "v");
    timeless["edit"]["Put"]["ttl_s"] = 0.into();
    for (endpoint, arguments) in [
        ("open", json!({ "place": "" })),
        ("open", json!({ "place": "Not a slug!" })),
        ("open", json!({})),
        ("open", json!([1, 2])),
        ("edit", nameless),
        ("edit", timeless),
    ] {
        let (status, refusal) = visitor.call(endpoint, &arguments).await;
        assert_eq!(status, 422, "{endpoint} {arguments}: {refusal}");
        assert!(!refusal["Refused"]["message"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_plain_form_post_of_another_page_is_not_even_read() {
    let server = server();
    let request = Client::new().post(format!("{}/api/open", server.url()));
    let request = request.header("origin", "https://evil.example").header("accept", "text/html");
    let request = request.header("content-type", "text/plain").body("{\"place\":\"free\"}");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 403);
    assert_eq!(header(&response, "set-cookie"), None);
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_come_compressed() {
    let server = server();
    let url = format!("{}/assets/{VERSION}", server.url());
    let get = async |path: &str, encoding: &str| {
        Client::new().get(format!("{url}/{path}")).header("accept-encoding", encoding).send().await.unwrap()
    };
    let plain = get("aside.js", "identity").await;
    assert_eq!(plain.status(), 200);
    assert_eq!(header(&plain, "cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(header(&plain, "vary"), Some("accept-encoding"));
    assert_eq!(header(&plain, "content-type"), Some("text/javascript"));
    for (encoding, bytes) in [("br", "brotli"), ("gzip", "gzip"), ("gzip, br", "brotli")] {
        let packed = get("aside.js", encoding).await;
        assert!(encoding.contains(header(&packed, "content-encoding").unwrap()));
        assert_eq!(packed.text().await.unwrap(), bytes);
    }
    let wasm = get("aside_bg.wasm", "br").await;
    assert_eq!(header(&wasm, "content-type"), Some("application/wasm"));
    assert_eq!(header(&wasm, "content-encoding"), None);
}

#[tokio::test]
async fn what_is_no_asset_is_404_and_not_kept() {
    let server = server();
    for path in ["0000/aside.js", "0123abcd/none.js", "VERSION", ".made-from", "0123abcd/..%2fVERSION", "0123abcd/", ""]
    {
        let response = server.visitor().get(&format!("/assets/{path}")).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(header(&response, "cache-control"), Some("no-store"), "{path}");
    }
}

#[tokio::test]
async fn the_icon_is_found_at_the_root() {
    let server = server();
    let icon = server.visitor().get("/favicon.svg").await;
    assert_eq!(icon.status(), 200);
    assert_eq!(header(&icon, "content-type"), Some("image/svg+xml"));
    assert_eq!(server.visitor().get("/favicon.ico").await.status(), 404);
}

#[tokio::test]
async fn it_is_alive_and_ready() {
    let server = server();
    let alive = server.visitor().get("/healthz").await;
    assert_eq!((alive.status().as_u16(), alive.text().await.unwrap().as_str()), (200, "ok\n"));
    let ready = server.visitor().get("/readyz").await;
    assert_eq!((ready.status().as_u16(), ready.text().await.unwrap().as_str()), (200, "Redis: ok\nPostgres: ok\n"));
}

#[tokio::test]
async fn first_visits_at_the_same_time_do_not_disturb_each_other() {
    let server = server();
    let visitor = server.visitor();
    let answers = futures::future::join_all((0..8).map(|_| visitor.get("/"))).await;
    assert!(answers.iter().all(|answer| answer.status() == 200));
    let sandbox = visitor.open("free").await;
    assert_eq!(visitor.open("free").await, sandbox);
}
