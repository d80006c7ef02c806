//! The benchmarks that give the pallets their weights.

frame_benchmarking::define_benchmarks!(
	[frame_benchmarking, BaselineBench::<Runtime>]
	[frame_system, SystemBench::<Runtime>]
	[pallet_balances, Balances]
	[pallet_timestamp, Timestamp]
	[pallet_utility, Utility]
	[pallet_collective, Council]
	[pallet_participants, Participants]
	[pallet_grid, Grid]
	[pallet_market, Market]
	[pallet_metering, Metering]
	[pallet_settlement, Settlement]
	[pallet_validators, Validators]
);
