//! Patches of a genesis.

use serde_json::Value;

/// Changes JSON by a patch as a node does (RFC 7396): objects are merged, everything else replaces what stands there.
pub fn merge(base: &mut Value, patch: Value) {
	match (base, patch) {
		(Value::Object(base), Value::Object(patch)) => {
			for (key, value) in patch {
				merge(base.entry(key).or_insert(Value::Null), value);
			}
		},
		(base, patch) => *base = patch,
	}
}
