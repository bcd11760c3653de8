//! Every integration test of the product, in one binary.
