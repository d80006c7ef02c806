//! Whatever was found once is tried again.

use busbar_fuzz::{
	change::{change, Numbers},
	corpus, memory, targets,
};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

#[test]
fn every_input_of_the_corpus_is_taken_or_refused() {
	for target in targets::TARGETS {
		let inputs = corpus(target.name).expect("the corpus");
		assert!(!inputs.is_empty(), "{} has no corpus", target.name);
		for input in inputs {
			(target.run)(&input);
		}
		// Else what is changed would be refused at the door.
		for (at, seed) in (target.seeds)().iter().enumerate() {
			assert!((target.run)(seed), "{}: seed {at} is good and was refused", target.name);
		}
	}
}

#[test]
fn inputs_that_were_changed_a_few_thousand_times_are_taken_or_refused() {
	let mut numbers = Numbers::new(7);
	for target in targets::TARGETS {
		let mut inputs = corpus(target.name).expect("the corpus");
		inputs.extend((target.seeds)());
		for _ in 0..2_000 {
			let (first, other) = (numbers.below(inputs.len()), numbers.below(inputs.len()));
			let mut input = inputs[first].clone();
			change(&mut input, &inputs[other], target.words, &mut numbers, target.longest);
			(target.run)(&input);
		}
	}
}
