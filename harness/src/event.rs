//! One event of a fixture.
