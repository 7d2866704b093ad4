//! One module per tool: what a person types, and what they get.

// The tests of a module are its whole content: what they show stands in their names.
#![allow(missing_docs)]

mod cert;
mod cert_check;
mod cert_check_key;
mod cert_cnf;
mod cert_expiry;
mod cert_guides;
mod cert_many;
mod cert_messages;
mod cert_names;
mod cert_openssl;
mod cert_own;
mod cert_passphrase;
mod cert_refusals;
mod cert_resign;
mod cert_roles;
mod cert_show;
mod cert_sign;
mod cert_sign_refused;
mod cert_verify;
mod conf_decoder;
mod conf_gates;
mod conf_mutations;
mod contract;
mod install;
mod install_accept;
mod install_binaries;
mod install_bundle;
mod install_fetch;
mod install_killed;
mod install_manifest;
mod install_map;
mod install_node;
mod install_online;
mod install_owner;
mod install_preflight;
mod install_root;
mod install_start;
mod install_trust;
mod install_urls;
mod install_verify;
mod install_verify_guides;
mod kubeconfig;
mod kubelet_conf;
mod kubelet_conf_check;
mod kubelet_conf_from;
mod proxy_conf;
mod readme;
mod secrets;
mod unit;
mod unit_root;
mod unit_systemd;
mod worker;
