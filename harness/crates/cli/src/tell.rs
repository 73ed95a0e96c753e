//! Lines to people on standard error; one that is closed or full stops nothing.

/// Writes a line to standard error.
#[macro_export]
macro_rules! tell {
    ($($line:tt)*) => {{
        use std::io::Write as _;
        drop(writeln!(std::io::stderr(), $($line)*));
    }};
}

/// Writes a line to standard error, with colours where it takes them.
#[macro_export]
macro_rules! tell_styled {
    ($($line:tt)*) => {{
        use std::io::Write as _;
        drop(writeln!(anstream::stderr(), $($line)*));
    }};
}
