//! What the tutorial writes for worker-1 at v1.13.0, character by character: the one copy that all tests compare with.

