//! What git says.

use std::io;
use std::path::Path;
use std::process::Command;

/// What git prints, asked in a folder; `index` stands in for the person's own.
///
/// # Errors
///
/// Without git, and what it says where it fails.
pub(crate) fn git(folder: &Path, arguments: &[&str], index: Option<&Path>) -> io::Result<String> {
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    let output = command.output()?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(message.lines().next().unwrap_or("git failed").to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
