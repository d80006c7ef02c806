//! Registers: what a test says that a mocked function answers.

use std::{any::Any, cell::RefCell, collections::BTreeMap};

/// A mock and one of its functions.
type Key = (&'static str, &'static str);

thread_local! {
	static REGISTERS: RefCell<BTreeMap<Key, Box<dyn Any>>> = const { RefCell::new(BTreeMap::new()) };
}

pub(crate) fn reset() {
	REGISTERS.with(|registers| registers.borrow_mut().clear());
}

/// Fills a register. `answer` is a shared closure, so that it may itself ask and fill registers.
pub(crate) fn set<F: 'static>(key: Key, answer: F) {
	REGISTERS.with(|registers| registers.borrow_mut().insert(key, Box::new(answer)));
}

/// What a register holds; `None` if it is empty.
pub(crate) fn get<F: Clone + 'static>(key: Key) -> Option<F> {
	let typed = |answer: &Box<dyn Any>| answer.downcast_ref::<F>().expect("a register has one type; qed").clone();
	REGISTERS.with(|registers| registers.borrow().get(&key).map(typed))
}

/// Declares the mock of a trait. Each function is written after the name of what fills its register; after `=` stands what
/// an empty register answers, and without it asking panics.
macro_rules! mock {
	(
		$(#[$doc:meta])*
		$mock:ident: $trait:path {
			$($set:ident: fn $name:ident($($arg:ident: $type:ty),* $(,)?) -> $answer:ty $(= $default:expr)?;)*
		}
	) => {
		$(#[$doc])*
		pub struct $mock;

		// Functions that answer nothing are written with `()`, as all others with their type.
		#[allow(clippy::unused_unit)]
		impl $mock {
			$(
				#[doc = concat!("Says what [`", stringify!($mock), "::", stringify!($name), "`] answers.")]
				pub fn $set(answer: impl Fn($($type),*) -> $answer + 'static) {
					let answer: std::rc::Rc<dyn Fn($($type),*) -> $answer> = std::rc::Rc::new(answer);
					$crate::register::set((stringify!($mock), stringify!($name)), answer);
				}
			)*
		}

		#[allow(clippy::unused_unit)]
		impl $trait for $mock {
			$(
				fn $name($($arg: $type),*) -> $answer {
					let key = (stringify!($mock), stringify!($name));
					match $crate::register::get::<std::rc::Rc<dyn Fn($($type),*) -> $answer>>(key) {
						Some(answer) => answer($($arg),*),
						None => $crate::register::mock!(@empty $mock $name $set $($default)?),
					}
				}
			)*
		}
	};
	(@empty $mock:ident $name:ident $set:ident) => {
		panic!(concat!(
			stringify!($mock), "::", stringify!($name), " was asked, and the test does not say what it answers: fill it with ",
			stringify!($mock), "::", stringify!($set),
		))
	};
	(@empty $mock:ident $name:ident $set:ident $default:expr) => {
		$default
	};
}

pub(crate) use mock;

#[cfg(test)]
mod tests {
	use crate::{reset, MockCalendar, MockFlows};
	use busbar_primitives::traits::{Calendar, OnLimits};

	#[test]
	fn a_register_answers_what_was_set_last() {
		MockCalendar::on_now(|| 1);
		MockCalendar::on_now(|| 2);
		assert_eq!(MockCalendar::now(), 2);
	}

	#[test]
	#[should_panic(expected = "fill it with MockCalendar::on_now")]
	fn an_empty_register_panics_and_says_what_fills_it() {
		MockCalendar::on_now(|| 1);
		reset();
		MockCalendar::now();
	}

	#[test]
	fn a_closure_may_ask_and_fill_registers() {
		MockCalendar::on_first_unopened(|| 7);
		MockCalendar::on_is_open(|interval| {
			MockCalendar::on_interval_s(|| 900);
			interval >= MockCalendar::first_unopened()
		});
		assert!(MockCalendar::is_open(7) && !MockCalendar::is_open(6));
		assert_eq!(MockCalendar::interval_s(), 900);
	}

	#[test]
	fn a_hook_that_nobody_listens_to_does_nothing() {
		MockFlows::limits_changed(3);
	}
}
