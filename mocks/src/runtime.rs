//! The runtime in which a pallet is tested.

/// Makes a runtime `Test` of the named pallets by their indices, from 1 on, beside `System` at 0. `with money;` before them
/// adds `Balances` at 1, nEUR with an existential deposit of 1, and a function `wealthy` that makes the state of a test.
///
/// The crate that uses it has `frame-support`, `frame-system` and `sp-io` among its dependencies, and for money
/// `pallet-balances`, `sp-runtime` and `busbar-primitives`.
#[macro_export]
macro_rules! test_runtime {
	(with money; $($index:tt: $name:ident = $pallet:tt),+ $(,)?) => {
		$crate::test_runtime!(@pallets 1: Balances = pallet_balances, $($index: $name = $pallet),+);

		// It calls itself by this name.
		use frame_support::derive_impl;

		#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
		impl frame_system::Config for Test {
			type Block = frame_system::mocking::MockBlock<Test>;
			type AccountData = pallet_balances::AccountData<busbar_primitives::Balance>;
			type DbWeight = frame_support::weights::constants::ParityDbWeight;
		}

		#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
		impl pallet_balances::Config for Test {
			type Balance = busbar_primitives::Balance;
			type ExistentialDeposit = frame_support::traits::ConstU128<1>;
			type AccountStore = System;
		}

		/// A state in which these accounts own so much each, in nEUR, beside what `genesis` adds. As membership does, it
		/// lets them outlive their money.
		pub fn wealthy(
			accounts: &[$crate::AccountId],
			each: busbar_primitives::Balance,
			genesis: impl FnOnce(&mut sp_runtime::Storage),
		) -> sp_io::TestExternalities {
			use sp_runtime::BuildStorage;

			let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
			let balances = accounts.iter().map(|account| (*account, each)).collect();
			pallet_balances::GenesisConfig::<Test> { balances, ..Default::default() }
				.assimilate_storage(&mut storage)
				.unwrap();
			genesis(&mut storage);
			let mut state = sp_io::TestExternalities::new(storage);
			state.execute_with(|| {
				System::set_block_number(1);
				for account in accounts {
					System::inc_providers(account);
				}
			});
			state
		}
	};
	(@pallets $($index:tt: $name:ident = $pallet:tt),+) => {
		#[frame_support::runtime]
		mod test_runtime {
			#[runtime::runtime]
			#[runtime::derive(
				RuntimeCall,
				RuntimeEvent,
				RuntimeError,
				RuntimeOrigin,
				RuntimeFreezeReason,
				RuntimeHoldReason,
				RuntimeSlashReason,
				RuntimeLockId,
				RuntimeTask,
				RuntimeViewFunction
			)]
			pub struct Test;

			#[runtime::pallet_index(0)]
			pub type System = frame_system;
			$(
				#[runtime::pallet_index($index)]
				pub type $name = $pallet;
			)+
		}
	};
	($($index:tt: $name:ident = $pallet:tt),+ $(,)?) => {
		$crate::test_runtime!(@pallets $($index: $name = $pallet),+);

		// It calls itself by this name.
		use frame_support::derive_impl;

		#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
		impl frame_system::Config for Test {
			type Block = frame_system::mocking::MockBlock<Test>;
		}
	};
}
