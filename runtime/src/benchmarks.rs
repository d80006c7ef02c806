//! The benchmarks that give Busbar's pallets their weights. The other pallets have those that are published with them.

frame_benchmarking::define_benchmarks!(
	[pallet_participants, Participants]
	[pallet_grid, Grid]
	[pallet_market, Market]
	[pallet_metering, Metering]
	[pallet_issuance, Issuance]
	[pallet_securities, Securities]
	[pallet_supply, Supply]
	[pallet_flexibility, Flexibility]
	[pallet_settlement, Settlement]
	[pallet_certificates, Certificates]
	[pallet_validators, Validators]
	[pallet_governance, Governance]
);
