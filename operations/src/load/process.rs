//! What processes of this machine use, as the kernel counts it.

use crate::Failure;
use std::{fs, str::FromStr};

/// Clock ticks in a second, as Linux shows times to programs on all machines that it runs Busbar on.
const TICKS: u64 = 100;

/// A process to watch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Process {
	/// What the report calls it.
	pub name: String,
	/// Its number.
	pub pid: u32,
}

impl FromStr for Process {
	type Err = Failure;

	/// `alice=4711`.
	fn from_str(text: &str) -> Result<Self, Failure> {
		let parsed = text.split_once('=').and_then(|(name, pid)| Some((name, pid.parse().ok()?)));
		let (name, pid) = parsed.ok_or_else(|| Failure::input(format!("{text:?} is no process: write NAME=PID")))?;
		Ok(Self { name: name.into(), pid })
	}
}

/// What a process has used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Usage {
	/// Computation, in ms.
	pub cpu_ms: u64,
	/// The most memory that it had at once, in KiB.
	pub peak_kib: u64,
}

/// What each has used so far; the last is this program.
///
/// # Errors
/// If one is no process of this machine, or the machine has no `/proc`.
pub(super) fn usage(processes: &[Process]) -> Result<Vec<Usage>, Failure> {
	let own = ("this program", std::process::id());
	let all = processes.iter().map(|process| (&*process.name, process.pid)).chain([own]);
	all.map(|(name, pid)| {
		read(pid).ok_or_else(|| {
			Failure::input(format!("{name}: /proc/{pid} tells nothing: is it a process of this machine?"))
		})
	})
	.collect()
}

fn read(pid: u32) -> Option<Usage> {
	let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
	let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
	Some(Usage { cpu_ms: cpu_ms(&stat)?, peak_kib: peak_kib(&status)? })
}

/// Time in user and kernel mode: fields 14 and 15 of proc_pid_stat(5). The second, the program's name, may hold blanks.
fn cpu_ms(stat: &str) -> Option<u64> {
	let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
	let mut ticks = || fields.next()?.parse::<u64>().ok();
	Some(ticks()?.saturating_add(ticks()?).saturating_mul(1_000 / TICKS))
}

fn peak_kib(status: &str) -> Option<u64> {
	let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
	line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn times_are_read_behind_a_name_with_blanks_and_brackets() {
		let stat = "17 (a (b) c) S 1 17 17 0 -1 4194304 100 0 0 0 250 50 7 8 20 0 1 0 5 6 7";
		assert_eq!(cpu_ms(stat), Some(3_000));
		assert_eq!(peak_kib("Name:\tx\nVmHWM:\t   1234 kB\n"), Some(1_234));
	}

	#[test]
	fn this_process_is_counted_and_one_that_is_none_is_refused() {
		let used = usage(&[]).unwrap();
		assert_eq!(used.len(), 1);
		assert!(used[0].peak_kib > 0);
		let none = Process { name: "nobody".into(), pid: u32::MAX };
		assert!(usage(&[none]).unwrap_err().to_string().contains("nobody"));
		assert!("alice".parse::<Process>().is_err());
		assert_eq!("alice=12".parse::<Process>().unwrap(), Process { name: "alice".into(), pid: 12 });
	}
}
