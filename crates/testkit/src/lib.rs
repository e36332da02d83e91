//! The room `testkit` of tokumei.
