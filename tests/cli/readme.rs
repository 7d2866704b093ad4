//! Every command that README.md shows is run, in its order, in one directory.

use harness::Sandbox;

#[test]
fn the_commands_of_the_readme_work() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).expect("README.md");
    let blocks: Vec<_> =
        readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().expect("the block ends")).collect();
    assert_eq!(blocks.len(), 5, "README.md has its blocks");
    let sandbox = Sandbox::new();
    let said: Vec<_> = blocks.into_iter().map(|block| sandbox.sh(block).succeeds()).collect();
    let findings: Vec<_> = said.iter().flat_map(|text| text.lines()).filter(|line| line.ends_with(']')).collect();
    assert!(
        findings.len() == 1 && findings[0].ends_with("[cluster-cidr-is-node-network]"),
        "the one warning is that which README.md speaks of: {findings:?}"
    );
}
