//! The products and versions that a node can be of, and what each needs.

use std::fmt::Write as _;

use clap::ValueEnum;

/// One version of each line that the cluster engine takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Release {
    /// OpenSearch 2.19.1.
    #[default]
    #[value(name = "opensearch-2")]
    OpenSearch2,
    /// OpenSearch 3.9.0; needs Java 21.
    #[value(name = "opensearch-3")]
    OpenSearch3,
    /// Elasticsearch 7.17.28.
    #[value(name = "elasticsearch-7")]
    Elasticsearch7,
    /// Elasticsearch 8.19.0.
    #[value(name = "elasticsearch-8")]
    Elasticsearch8,
    /// Elasticsearch 9.5.3; needs Java 21.
    #[value(name = "elasticsearch-9")]
    Elasticsearch9,
}

/// What a node is made of.
pub(super) struct Parts {
    /// `opensearch` or `elasticsearch`: also how their groups and packages are named.
    pub(super) product: &'static str,
    /// The version.
    pub(super) number: &'static str,
    /// The Java that it needs at least.
    pub(super) java: u16,
    /// The artifacts of plugins.
    artifacts: &'static [&'static str],
    /// The classes of plugins.
    pub(super) plugins: &'static [&'static str],
    /// The version of log4j, which not all of them ask for themselves.
    log4j: &'static str,
    /// Whether plugins have to lie beside the class path.
    pub(super) modules: bool,
}

const CLIENTS: &[&str] = &["transport-netty4-client", "mapper-extras-client"];

impl Release {
    /// Its name on the command line.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    pub(super) fn parts(self) -> Parts {
        match self {
            Self::OpenSearch2 => Parts {
                product: "opensearch",
                number: "2.19.1",
                java: 17,
                artifacts: &["transport-netty4-client", "mapper-extras-client", "analysis-common"],
                plugins: &[
                    "org.opensearch.transport.Netty4Plugin",
                    "org.opensearch.index.mapper.MapperExtrasPlugin",
                    "org.opensearch.analysis.common.CommonAnalysisPlugin",
                ],
                log4j: "2.21.0",
                modules: false,
            },
            // Its analysis needs Thai dictionaries, which small Java runtimes lack.
            Self::OpenSearch3 => Parts {
                product: "opensearch",
                number: "3.9.0",
                java: 21,
                artifacts: CLIENTS,
                plugins: &[
                    "org.opensearch.transport.Netty4ModulePlugin",
                    "org.opensearch.index.mapper.MapperExtrasModulePlugin",
                ],
                log4j: "2.25.5",
                modules: false,
            },
            Self::Elasticsearch7 => Parts {
                product: "elasticsearch",
                number: "7.17.28",
                java: 17,
                artifacts: CLIENTS,
                plugins: &[
                    "org.elasticsearch.transport.Netty4Plugin",
                    "org.elasticsearch.index.mapper.MapperExtrasPlugin",
                ],
                log4j: "2.17.1",
                modules: false,
            },
            Self::Elasticsearch8 => Parts {
                product: "elasticsearch",
                number: "8.19.0",
                java: 17,
                artifacts: &["transport-netty4"],
                plugins: &["org.elasticsearch.transport.netty4.Netty4Plugin"],
                log4j: "2.19.0",
                modules: true,
            },
            Self::Elasticsearch9 => Parts {
                product: "elasticsearch",
                number: "9.5.3",
                java: 21,
                artifacts: &["transport-netty4"],
                plugins: &["org.elasticsearch.transport.netty4.Netty4Plugin"],
                log4j: "2.26.1",
                modules: true,
            },
        }
    }
}

impl Parts {
    /// Whether a jar is the artifact of a plugin.
    pub(super) fn is_plugin(&self, jar: &str) -> bool {
        let name = |artifact: &&str| format!("{artifact}-{}.jar", self.number);
        self.artifacts.iter().any(|artifact| name(artifact) == jar)
    }

    /// What Maven is asked for.
    pub(super) fn pom(&self) -> String {
        let Self { product, number, log4j, .. } = self;
        let mut dependencies = String::new();
        let mut add = |group: &str, artifact: &str, version: &str| {
            // Writing to a string cannot fail.
            let _ = write!(
                dependencies,
                "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>\
                 <version>{version}</version></dependency>"
            );
        };
        add(&format!("org.{product}"), product, number);
        for artifact in self.artifacts {
            add(&format!("org.{product}.plugin"), artifact, number);
        }
        add("org.apache.logging.log4j", "log4j-core", log4j);
        format!(
            "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>\
             <groupId>harness</groupId><artifactId>node</artifactId><version>1</version>\
             <dependencies>{dependencies}</dependencies></project>\n"
        )
    }
}
