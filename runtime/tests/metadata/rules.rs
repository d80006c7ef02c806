//! Which version must move for which difference: the rule of docs/upgrades.md.

use super::{
	item::{Item, Kind},
	items,
	shape::Rule,
};
use frame_metadata::v16::RuntimeMetadataV16;
use std::collections::BTreeSet;

/// What differs, each difference with the version that must move for it.
pub fn differences(before: &RuntimeMetadataV16, after: &RuntimeMetadataV16) -> Vec<String> {
	let all: BTreeSet<Item> = items::all(before).into_iter().chain(items::all(after)).collect();
	all.iter()
		// The constant with the versions themselves.
		.filter(|item| !(item.kind == Kind::Constant && item.of == "System" && item.name == "Version"))
		.filter_map(|item| {
			let difference = items::compare(before, after, item, Rule::Exact).err()?;
			let new = items::find(before, item).is_none();
			Some(format!("{item}: {difference}; {}", version(item, new)))
		})
		.collect()
}

fn version(item: &Item, new: bool) -> String {
	match item.kind {
		Kind::Call | Kind::Extension if !(new && item.kind == Kind::Call) => {
			"transaction_version must move, because what wallets sign is read otherwise, and with it spec_version"
				.into()
		},
		Kind::Storage if !new => format!(
			"STORAGE_VERSION of the pallet {} must move, with a migration of what is stored, and with it spec_version",
			item.of
		),
		_ => "spec_version must move".into(),
	}
}
