//! What is refused of a company's card, and how a company makes one.

use super::*;

#[test]
fn session_keys_that_their_company_does_not_hold_are_refused_on_every_chain() {
	// Another's keys, with the other's proof: under its own name and account.
	let mut made = four();
	made[1].card.session_keys = made[0].card.session_keys.clone();
	made[1].card.proof = made[0].card.proof.clone();
	made[1] = made[1].clone().signed();
	let expected = ConsortiumError::NoPossession(NAMES[1].into());
	assert_eq!(refusal(&text(&made)), expected);
	assert_eq!(refusal(&rehearsal(&text(&made))), expected);
	// Its own proof, of other keys.
	let mut made = four();
	made[1].card.session_keys = made[0].card.session_keys.clone();
	made[1] = made[1].clone().signed();
	assert_eq!(refusal(&text(&made)), expected);
	// Half a node.
	let mut made = four();
	made[1].card.proof = None;
	made[1] = made[1].clone().signed();
	assert_eq!(refusal(&text(&made)), ConsortiumError::IncompleteNode(NAMES[1].into()));
}

#[test]
fn a_card_that_somebody_changed_on_the_way_is_refused() {
	let changes: [fn(&mut Card, &Card); 4] = [
		|card, _| card.name = "Somebody".into(),
		|card, _| card.id = ParticipantId([7; 16]),
		|card, _| card.node = card.node.as_ref().map(|node| node.replace("node3", "elsewhere")),
		|card, other| card.signature = other.signature.clone(),
	];
	for (number, change) in changes.into_iter().enumerate() {
		let mut made = four();
		let other = made[0].card.clone();
		change(&mut made[3].card, &other);
		let name = made[3].card.name.clone();
		assert_eq!(refusal(&text(&made)), ConsortiumError::NotSigned(name), "change {number}");
	}
	// An account that is not the one whose keys these are.
	let mut made = four();
	made[3].card.account = AccountId::from(sr25519::Pair::generate().0.public()).to_ss58check();
	assert_eq!(refusal(&text(&made)), ConsortiumError::NoPossession(NAMES[3].into()));
}

#[test]
fn what_each_company_has_for_itself_no_two_have() {
	let twice = |change: fn(&mut Made, &Made)| {
		let mut made = four();
		let first = made[0].clone();
		change(&mut made[1], &first);
		made[1] = made[1].clone().signed();
		refusal(&text(&made))
	};
	let same = |what| ConsortiumError::Duplicate { what, first: NAMES[0].into(), second: NAMES[1].into() };
	assert_eq!(twice(|one, first| one.card.id = first.card.id), same("id"));
	assert_eq!(twice(|one, first| *one = one.clone().of(first.pair.clone())), same("key"));
	assert_eq!(twice(|one, first| one.card.node = first.card.node.clone()), same("key"));
	let address = |one: &mut Made, first: &Made| {
		let host = |made: &Made| made.card.node.as_ref().and_then(|node| node.split("/p2p/").next().map(String::from));
		let (from, to) = (host(one).expect("a node"), host(first).expect("a node"));
		one.card.node = one.card.node.as_ref().map(|node| node.replace(&from, &to));
	};
	assert_eq!(twice(address), same("node address"));
	let mut made = four();
	made[1].card.name = NAMES[0].into();
	made[1] = made[1].clone().signed();
	let error = refusal(&text(&made));
	assert!(matches!(error, ConsortiumError::Duplicate { what: "name", .. }), "{error}");
}

#[test]
fn an_accounts_key_is_no_session_key_of_the_machine() {
	let folder = TempDir::new().expect("a folder");
	let one = Made::new(folder.path(), NAMES[0], Some("/dns/node0.example.org/tcp/30333".into()));
	let phrase = fs::read_to_string(folder.path().join("North-Grid/account.secret")).expect("it was made");
	let mut made = four();
	made[0] = one.with_session(Some(phrase.trim()), None);
	assert_eq!(refusal(&text(&made)), ConsortiumError::KeyReused(NAMES[0].into()));
}

#[test]
fn a_company_makes_its_secrets_for_itself_and_never_over_others() {
	let folder = TempDir::new().expect("a folder");
	let directory = folder.path().join("own");
	let new =
		|| New { directory: directory.clone(), name: "Own".into(), address: Some("/dns/own.example/tcp/1".into()) };
	let card = new().make().expect("the folder is new");
	let mode = |path: &Path| fs::metadata(path).expect("it was made").permissions().mode() & 0o777;
	for secret in ["account.secret", "node.key"] {
		assert_eq!(mode(&directory.join(secret)), 0o600, "{secret}");
	}
	for hidden in [directory.clone(), directory.join("keystore")] {
		assert_eq!(mode(&hidden), 0o700, "{}", hidden.display());
	}
	let written = fs::read_to_string(directory.join("company.toml")).expect("it was made");
	assert_eq!(toml::from_str::<Card>(&written).expect("it reads"), card);
	for secret in ["account.secret", "node.key"] {
		let secret = fs::read_to_string(directory.join(secret)).expect("it was made");
		assert!(!written.contains(secret.trim()));
	}
	assert_eq!(fs::read_dir(directory.join("keystore")).expect("it was made").count(), 2);
	assert!(matches!(new().make(), Err(CompanyError::Exists(_))));
	let bad = New { directory: folder.path().join("bad"), name: "Bad".into(), address: Some("own.example:1".into()) };
	assert!(matches!(bad.make(), Err(CompanyError::Address(_))));
	assert!(!folder.path().join("bad").exists());
}

#[test]
fn a_company_sees_that_the_file_has_it_as_it_made_itself() {
	let folder = TempDir::new().expect("a folder");
	let address = Some("/dns/node0.example.org/tcp/30333".into());
	let mut made = four();
	made[0] = Made::new(folder.path(), NAMES[0], address);
	let consortium = folder.path().join("consortium.toml");
	let directory = folder.path().join("North-Grid");
	let check = |text: &str| {
		fs::write(&consortium, text).expect("the folder is there");
		Check { directory: directory.clone(), consortium: consortium.clone() }.run()
	};
	let told = check(&text(&made)).expect("it is as it was made");
	assert!(told.contains("an authority") && told.contains("Dso") && told.contains("in a live chain"), "{told}");
	assert!(matches!(check(&text(&made[1..])), Err(CompanyError::Absent { .. })));
	let moved = made[0].clone().with_session(None, None);
	let mut others = made.clone();
	others[0] = moved;
	assert!(matches!(check(&text(&others)), Err(CompanyError::Changed { .. })));
	let fewer = text(&made[..3]).replace("rent = \"Regulator\"", "rent = \"Nobody\"");
	assert!(matches!(check(&fewer), Err(CompanyError::File { .. })));
	// What is lost is said before the chain waits for it.
	fs::remove_file(directory.join("node.key")).expect("it was made");
	assert!(matches!(check(&text(&made)), Err(CompanyError::Missing { what: "the node's identity", .. })));
	for key in fs::read_dir(directory.join("keystore")).expect("it was made") {
		fs::remove_file(key.expect("a key").path()).expect("it was made");
	}
	assert!(matches!(check(&text(&made)), Err(CompanyError::Missing { what: "a session key", .. })));
}
