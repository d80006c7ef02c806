//! Kinds of products, each behind one trait.
//!
//! Whatever differs between kinds is asked of `Kind`, and nothing outside this folder looks at a [`ProductKind`]. The
//! rest of the market knows intervals, sessions, gates and points: when a gate passes its kind closes it; when a point
//! orders, settles or is looked at, the kinds of its sessions say what they hold of it.
//!
//! A new kind is a variant of [`ProductKind`], a module here that implements `Kind`, and a line in `kinds!`. Calls by
//! which its orders come, and its storage, stand in `lib.rs` like all others.

pub mod auction;
pub mod continuous;
pub(crate) mod flows;
pub(crate) mod kind;
pub(crate) mod links;
pub mod places;

use crate::pallet::{Config, Error, Pallet};
use busbar_primitives::{Product, ProductKind};
use kind::{Kind, OrderCall};

/// The one place that knows all kinds: patterns of [`ProductKind`] and who implements them.
macro_rules! kinds {
	($($pattern:pat => $kind:expr),+ $(,)?) => {
		impl<T: Config> Pallet<T> {
			/// The kind of a product.
			pub(crate) fn kind(product: &Product) -> &'static dyn Kind<T> {
				match product.kind {
					$($pattern => &$kind,)+
				}
			}

			/// All kinds.
			pub(crate) fn kinds() -> impl Iterator<Item = &'static dyn Kind<T>> {
				[$(&$kind as &'static dyn Kind<T>),+].into_iter()
			}
		}
	};
}

kinds! {
	ProductKind::Auction => auction::Auction,
	ProductKind::Continuous { .. } => continuous::Continuous,
}

impl<T: Config> Pallet<T> {
	/// That a product takes orders by a call.
	///
	/// # Errors
	/// `refusal`, which says what the product is not.
	pub(crate) fn ensure_takes(product: &Product, call: OrderCall, refusal: Error<T>) -> Result<(), Error<T>> {
		Self::kind(product).takes(call, product).then_some(()).ok_or(refusal)
	}
}
