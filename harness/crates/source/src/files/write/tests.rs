use std::path::PathBuf;

use super::*;

/// An empty folder, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = format!("harness-write-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(folder);
        drop(fs::remove_dir_all(&path));
        fs::create_dir_all(&path).expect("the temporary folder is writable");
        Self(path.canonicalize().expect("it was made"))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("it is there").flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect("it was written")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn names_as_long_as_the_file_system_takes_are_written() {
    let folder = Folder::new("long");
    let name = format!("{}é.snap", "x".repeat(246));
    write_atomically(&folder.0.join(&name), b"text").expect("it is writable");
    assert_eq!(folder.names(), [name]);
    let error = write_atomically(&folder.0.join("y".repeat(300)), b"").expect_err("too long");
    assert!(error.to_string().contains("yyyy: File name too long"), "{error}");
}

#[test]
fn what_an_interrupted_run_left_is_swept_away_unless_it_is_being_written() {
    let folder = Folder::new("sweep");
    for name in ["a.snap.12.part", "b.snap.34.part", "c.part", "a.snap", "d.snap.x.part"] {
        fs::write(folder.0.join(name), name).expect("it is writable");
    }
    let busy = File::open(folder.0.join("b.snap.34.part")).expect("it was written");
    busy.lock().expect("no one else has it");
    sweep(&folder.0, None);
    assert_eq!(folder.names(), ["a.snap", "b.snap.34.part", "c.part", "d.snap.x.part"]);
    drop(busy);
    deliver(&folder.0.join("b.snap"), b"new").expect("it is writable");
    assert_eq!(folder.names(), ["a.snap", "b.snap", "c.part", "d.snap.x.part"]);
}

#[cfg(unix)]
#[test]
fn links_are_not_written_through_below_a_folder() {
    use std::os::unix::fs::symlink;

    let outside = Folder::new("outside");
    fs::write(outside.0.join("kept"), "kept").expect("it is writable");
    let folder = Folder::new("inside");
    symlink(&outside.0, folder.0.join("aws")).expect("the folder takes links");
    symlink(outside.0.join("kept"), folder.0.join("one.snap")).expect("the folder takes links");
    for place in ["aws/rule.snap", "aws/deeper/rule.snap", "one.snap"] {
        let error = write_below(&folder.0, place, b"new").expect_err("it is a link").to_string();
        assert!(error.ends_with("is a link and is not written through"), "{error}");
    }
    assert!(write_below(&folder.0, "../up", b"").is_err());
    assert_eq!((outside.names(), outside.text("kept")), (vec!["kept".to_owned()], "kept".into()));
    write_below(&folder.0, "azure/rule.snap", b"new").expect("it is writable");
    assert_eq!(folder.text("azure/rule.snap"), "new");
}

#[cfg(unix)]
#[test]
fn a_report_goes_into_devices_and_to_what_links_lead_to() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new("deliver");
    fs::write(folder.0.join("report"), "old").expect("it is writable");
    symlink("report", folder.0.join("link")).expect("the folder takes links");
    deliver(&folder.0.join("link"), b"new").expect("it is writable");
    let is_link = |name: &str| {
        fs::symlink_metadata(folder.0.join(name)).is_ok_and(|about| about.is_symlink())
    };
    assert!(is_link("link"));
    assert_eq!(folder.text("report"), "new");
    symlink("nowhere", folder.0.join("dangling")).expect("the folder takes links");
    let error = deliver(&folder.0.join("dangling"), b"").expect_err("it leads nowhere").to_string();
    assert!(error.ends_with("is a link that leads nowhere"), "{error}");
    let error = deliver(&folder.0, b"").expect_err("it is a folder").to_string();
    assert!(error.ends_with("is a folder, not a file"), "{error}");
    // A link to the device, so that a fault would replace the link at most.
    symlink("/dev/null", folder.0.join("null")).expect("the folder takes links");
    deliver(&folder.0.join("null"), b"gone").expect("it takes everything");
    assert!(is_link("null"));
}
