//! The data stream that a file of a package belongs to, by its path:
//! `packages/<package>/data_stream/<stream>/…`.

use std::path::Path;

use harness_source::files;

/// Where the documents of a file would lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The index.
    pub index: String,
}

impl Origin {
    /// What a path says; the manifest of the data stream, where it can be read, says it
    /// better.
    pub fn of(path: &Path) -> Option<Self> {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let stream = real.ancestors().find(|folder| {
            folder.parent().and_then(Path::file_name).is_some_and(|name| name == "data_stream")
        })?;
        let package = stream.parent()?.parent()?.file_name()?.to_str()?;
        let name = stream.file_name()?.to_str()?;
        let manifest = files::read(&stream.join("manifest.yml")).unwrap_or_default();
        let stated = |key: &str| {
            let mut lines = manifest.lines().filter_map(|line| line.strip_prefix(key));
            let value = lines.next()?.strip_prefix(':')?.trim().trim_matches(['"', '\'']);
            (!value.is_empty()).then(|| value.to_owned())
        };
        let kind = stated("type").unwrap_or_else(|| "logs".to_owned());
        let dataset = stated("dataset").unwrap_or_else(|| format!("{package}.{name}"));
        Some(Self { index: format!("{kind}-{dataset}-default") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_package_names_the_data_stream() {
        for (path, index) in [
            (
                "packages/aws/data_stream/cloudtrail/_dev/test/pipeline/test-a.log-expected.json",
                Some("logs-aws.cloudtrail-default"),
            ),
            ("aws/data_stream/cloudtrail/sample_event.json", Some("logs-aws.cloudtrail-default")),
            ("packages/aws/manifest.yml", None),
            ("cases/a/positive/x.json", None),
        ] {
            let found = Origin::of(Path::new(path)).map(|origin| origin.index);
            assert_eq!(found.as_deref(), index, "{path}");
        }
    }
}
