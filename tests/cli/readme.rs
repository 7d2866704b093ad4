//! Every command that README.md shows is run, in its order, in one directory.

use harness::Sandbox;

#[test]
fn the_commands_of_the_readme_work() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).expect("README.md");
    let blocks: Vec<_> =
        readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().expect("the block ends")).collect();
    assert_eq!(blocks.len(), 4, "README.md has its blocks");
    let sandbox = Sandbox::new();
    let mut last = String::new();
    for block in blocks {
        last = sandbox.sh(block).succeeds();
    }
    let findings: Vec<_> = last.lines().filter(|line| line.contains(" [")).collect();
    assert!(
        findings.len() == 1 && findings[0].ends_with("[cluster-cidr-is-node-network]"),
        "the last block ends with the one warning that README.md speaks of:\n{last}"
    );
}
