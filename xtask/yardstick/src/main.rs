//! `yardstick FILE THREADS`: makes values of every line of a file, throws them away, and
//! prints how many there were.

use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The bytes that a thread takes, as a backtest does.
const BLOCK: usize = 4 << 20;

/// What is left of a file, and the start of the line that was cut.
struct Rest {
    file: File,
    carry: Vec<u8>,
}

impl Rest {
    /// The next whole lines.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let wanted = BLOCK.saturating_sub(self.carry.len()) as u64;
        let read = (&mut self.file).take(wanted).read_to_end(&mut self.carry)?;
        let end = match self.carry.iter().rposition(|byte| *byte == b'\n') {
            Some(end) if read > 0 => end + 1,
            Some(_) | None => self.carry.len(),
        };
        let rest = self.carry.split_off(end);
        let lines = std::mem::replace(&mut self.carry, rest);
        Ok((!lines.is_empty()).then_some(lines))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let (Some(path), Some(threads)) = (args.next(), args.next()) else {
        return Err("usage: yardstick FILE THREADS".into());
    };
    let threads: usize = threads.parse()?;
    let rest = Mutex::new(Rest { file: File::open(path)?, carry: Vec::new() });
    let events = thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(|| values(&rest))).collect();
        let joined =
            all.into_iter().map(|one| one.join().unwrap_or_else(|_| Err("broke off".to_owned())));
        joined.sum::<Result<u64, String>>()
    })?;
    println!("{events}");
    Ok(())
}

/// Makes values of what is left, together with other threads; how many.
fn values(rest: &Mutex<Rest>) -> Result<u64, String> {
    let mut events = 0;
    loop {
        let lines = rest.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some(lines) = lines.map_err(|error| error.to_string())? else { return Ok(events) };
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let text = std::str::from_utf8(line).map_err(|error| error.to_string())?;
            let value: sonic_rs::Value =
                sonic_rs::from_str(text).map_err(|error| error.to_string())?;
            std::hint::black_box(value);
            events += 1;
        }
    }
}
