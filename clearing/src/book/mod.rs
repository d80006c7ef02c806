//! Continuous trading on a tree of zones: an arriving order trades at once with what rests, or rests itself.
//!
//! # Rules
//!
//! - **Price-time priority.** Within a zone and side the best price comes first, at a price the earliest arrival. An
//!   aggressor trades with the order that is best for it after the fees of the path between the two zones: a buyer with
//!   the lowest `price + fees`, a seller with the highest `price - fees`, among the orders that it can reach over links
//!   with room left. Ties go to the earlier arrival; arrival numbers are unique in a session, so that none is left.
//! - **Price.** A trade happens at the resting order's price. The aggressor bears the fees of the path, within its limit.
//! - **Links.** A trade uses room on every link of its path in its direction and gives as much back in the opposite one.
//! - **Self-trade prevention.** If the best order that an aggressor can trade with is its owner's, what is left of the
//!   aggressor is cancelled; all of it if it must be filled as a whole. Of two resting orders the younger is cancelled.
//! - **Time in force.** See [`TimeInForce`].
//! - **All or nothing.** Such an order trades as a whole or not at all, and never with another of its kind. It waits
//!   beside the queues, at most [`MAX_WAITING`] of them in a session, and is filled in one of three ways: on arrival, by
//!   at most [`MAX_WHOLE_FILLS`] resting orders together; as one resting order by an aggressor that, in its turn of price
//!   and time, can take all of it (a smaller one passes it over); or in a [`pass()`], as the aggressor, once at most
//!   [`MAX_WHOLE_FILLS`] resting orders suffice. It gives up time for the certainty of its quantity.
//! - **Bounded work.** Each read costs a step and each trade a fill of a [`Budget`]. A good-till-gate order that has not
//!   traded with all it could rests although it crosses, and a pass goes on with it.
//! - **Passes.** When room is freed, or an order rests that crosses another or may complete a waiting one, the session
//!   needs a [`pass()`]; [`Outcome::needs_pass`] tells. The caller adds what it does itself: raising a limit, and taking
//!   an order out while others wait. A pass takes one pair of crossing orders after the other: first the pair with the
//!   greatest gain after fees, among equals the one whose older order is older, then the one whose younger order is. The
//!   older of the two counts as resting, the younger as the aggressor. Then every waiting order is tried, in the order of
//!   arrival, and whenever one is filled it starts again. After a pass that completes, no two resting orders can trade,
//!   nor can any waiting one be filled as above.
//!
//! # Storage
//!
//! The library keeps nothing: it reads through [`Source`] and says what happens; the caller writes that. [`price_map`]
//! finds the next price that holds orders in a constant number of keys.

mod aggress;
mod pass;
pub mod price_map;
mod tree;
mod types;
mod view;

pub use crate::orders::Side;
pub use aggress::{aggress, keeps_priority, End, Outcome};
pub use pass::{pass, Match, Pass, MIN_PASS_STEPS};
pub use tree::{Tree, TreeError, Way, MAX_ZONES};
pub use types::{Budget, Head, Order, Room, Source, TimeInForce, Trade, MAX_WAITING, MAX_WHOLE_FILLS};
