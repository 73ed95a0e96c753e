use super::*;

#[test]
fn credentials_are_taken_out_of_an_address() {
    let basic = |user: &str, password: &str| Credentials::Basic {
        user: user.to_owned(),
        password: password.to_owned(),
    };
    let cases = [
        ("http://localhost:9200", "http://localhost:9200", Credentials::None),
        ("https://example.com/search/", "https://example.com/search", Credentials::None),
        ("http://me:p%40ss@localhost:9200/", "http://localhost:9200", basic("me", "p@ss")),
        ("https://me@[::1]:9200", "https://[::1]:9200", basic("me", "")),
    ];
    for (given, wanted, credentials) in cases {
        assert_eq!(address(given), Ok((wanted.to_owned(), credentials)), "{given}");
    }
    for given in [
        "localhost:9200",
        "ftp://localhost",
        "http://",
        "http://a/b?c",
        "http://u:p@",
        "http://a?token=hidden-word",
        "http://127.0.0.1:1#user:hidden-word@a",
        "http://a b",
        "http://a:port",
    ] {
        match address(given) {
            Err(ClusterError::Config(why)) => assert!(!why.contains("hidden"), "{why}"),
            other => panic!("{given}: {other:?}"),
        }
    }
}

#[test]
fn secrets_are_not_shown() {
    let mut options = Options::new("http://me:hidden-word@localhost:9200");
    options.credentials = Credentials::ApiKey("hidden-word".to_owned());
    let client = Client::new(&options).expect("usable options");
    for shown in [format!("{:?}", options.credentials), format!("{client:?}")] {
        assert!(!shown.contains("hidden-word"), "{shown}");
    }
    options.credentials = Credentials::ApiKey("hidden-word\n".to_owned());
    let error = Client::new(&options).expect_err("no header holds a line break");
    assert!(!error.to_string().contains("hidden-word"), "{error}");
}

#[test]
fn an_answer_holds_so_many_values() {
    let client = Client::new(&Options::new("http://localhost:9200")).expect("usable options");
    let error = client.json("GET /", 200, vec![b','; max_values() + 1]).expect_err("too many");
    assert!(error.to_string().ends_with("it holds more than 10000000 values"), "{error}");
    assert_eq!(client.json("GET /", 200, b"[1]".to_vec()), Ok(serde_json::json!([1])));
}

#[test]
fn the_innermost_reason_is_told() {
    let error = serde_json::json!({
        "type": "search_phase_execution_exception",
        "reason": "all shards failed",
        "failed_shards": [{ "reason": { "type": "query_shard_exception", "reason": "no\nsuch" } }],
    });
    assert_eq!(reason(&error), "query_shard_exception: no\\nsuch");
    assert_eq!(reason(&serde_json::json!("short")), "short");
}
