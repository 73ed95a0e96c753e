//! The cluster of the command line, and what becomes of its errors.

use std::io;

use harness_cluster::error::ClusterError;
use harness_engine::EngineError;
use harness_runner::run::{Hits, Session};

use crate::args::EngineArgs;
use crate::exit::Exit;

/// The exit code of an error.
pub fn exit(error: &io::Error) -> Exit {
    let inner: Option<&EngineError> = error.get_ref().and_then(|it| it.downcast_ref());
    let Some(EngineError::Remote(remote)) = inner else {
        let is_usage = error.kind() == io::ErrorKind::InvalidInput;
        return if is_usage { Exit::Usage } else { Exit::Internal };
    };
    match remote.downcast_ref() {
        Some(ClusterError::Config(_)) => Exit::Usage,
        Some(_) => Exit::Cluster,
        None => Exit::Internal,
    }
}

/// Asks the engine of the command line; what the embedded engine says
/// differently where that was asked for, and whether it does.
pub fn hits(
    session: &Session,
    args: &EngineArgs,
    compare: bool,
) -> Result<(Hits, Vec<String>, bool), EngineError> {
    if let Some(client) = cluster::connect(args)? {
        return cluster::hits(session, &client, compare);
    }
    Ok((session.hits()?, Vec::new(), false))
}

pub mod cluster {
    //! Connecting, and what is told of it on standard error.

    use std::path::PathBuf;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use harness_cluster::Cluster;
    use harness_cluster::client::{Client, Credentials, Options};
    use harness_cluster::error::ClusterError;
    use harness_cluster::index;
    use harness_cluster::product::Version;
    use harness_cluster::session;
    use harness_engine::EngineError;
    use harness_report::{Lines, printable};
    use harness_runner::run::{Comparison, Hits, Session};

    use crate::args::EngineArgs;

    /// How many differences are told in full.
    const SHOWN: usize = 20;

    /// A client of the cluster that the arguments name; `None` where they name none.
    pub fn connect(args: &EngineArgs) -> Result<Option<Arc<Client>>, EngineError> {
        let Some(address) = &args.engine else { return Ok(None) };
        let mut options = Options::new(&address.0);
        options.credentials = credentials(args)?;
        let stated = || std::env::var_os("HARNESS_ENGINE_CA").filter(|path| !path.is_empty());
        options.authorities = args.ca_file.clone().or_else(|| stated().map(PathBuf::from));
        options.insecure = args.insecure;
        options.timeout = Duration::from_secs(args.engine_timeout);
        let client = Arc::new(Client::new(&options)?);
        interrupt(options.interrupted);
        let version = Version::ask(&client)?;
        tell!("engine: {version}");
        Ok(Some(client))
    }

    fn credentials(args: &EngineArgs) -> Result<Credentials, ClusterError> {
        let stated = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        if let Some(user) = &args.user {
            let Some((user, password)) = user.0.split_once(':') else {
                return Err(ClusterError::Config("--user takes USER:PASSWORD".to_owned()));
            };
            let (user, password) = (user.to_owned(), password.to_owned());
            return Ok(Credentials::Basic { user, password });
        }
        let key = args.api_key.as_ref().map(|key| key.0.clone());
        if let Some(key) = key.or_else(|| stated("HARNESS_ENGINE_API_KEY")) {
            return Ok(Credentials::ApiKey(key));
        }
        Ok(match stated("HARNESS_ENGINE_USER") {
            Some(user) => {
                let password = stated("HARNESS_ENGINE_PASSWORD").unwrap_or_default();
                Credentials::Basic { user, password }
            }
            None => Credentials::None,
        })
    }

    /// Ctrl-C lets the run clean up; a second one does not.
    #[expect(clippy::exit, reason = "whoever asks twice does not want to wait")]
    fn interrupt(flag: Arc<AtomicBool>) {
        let handler = move || {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
            tell!("interrupted: deleting what this run made; once more to stop at once");
        };
        // Without a handler, the next run finds what this one leaves.
        let _ = ctrlc::set_handler(handler);
    }

    /// Deletes what killed runs left behind.
    pub fn sweep(client: &Client) -> Result<(), ClusterError> {
        for name in index::sweep(client)? {
            tell!("deleted {name}, left behind by a run that was killed");
        }
        Ok(())
    }

    /// Indexes and asks; with `compare`, the embedded engine as well.
    pub(super) fn hits(
        session: &Session,
        client: &Arc<Client>,
        compare: bool,
    ) -> Result<(Hits, Vec<String>, bool), EngineError> {
        sweep(client)?;
        let cluster = Cluster::new(client, &session::corpus(session))?;
        // A comparison asks every rule about every event.
        let hits =
            if compare { session.ask(&cluster)? } else { session::ask_own(session, &cluster)? };
        let beside = cluster.beside();
        drop(cluster);
        if !compare {
            return Ok((hits, Vec::new(), false));
        }
        let comparison = session.compare(&session.hits()?, &hits);
        Ok((hits, told(&comparison, beside), !comparison.differences.is_empty()))
    }

    fn told(comparison: &Comparison, beside: usize) -> Vec<String> {
        let Comparison { filters, answers, differences } = comparison;
        let rate = comparison.agreement();
        let mut told = vec![format!(
            "engines: {filters} filters, {answers} answers, {rate:.4}% agree, {} differ",
            differences.len()
        )];
        if beside > 0 {
            told.push(format!("{beside} events hold values that no index takes: not compared"));
        }
        for one in differences.iter().take(SHOWN) {
            let says = |holds: bool| if holds { "matches" } else { "does not match" };
            let filter = one.filter;
            told.push(format!(
                "{}, filter {filter}: the cluster {}, the embedded engine {}, the reference \
                 evaluator {} {} of {}",
                one.rule,
                says(one.second),
                says(!one.second),
                says(one.reference),
                one.event,
                one.case,
            ));
            let clause = |(clause, holds): &(String, bool)| format!("  {holds}: {clause}");
            told.extend(one.clauses.iter().map(clause));
        }
        told.iter().map(|line| printable(line, Lines::Escape).into_owned()).collect()
    }
}
