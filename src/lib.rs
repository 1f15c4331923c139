//! `provision` brings fleets of Linux hosts into a wanted state over SSH.
