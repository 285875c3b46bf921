#pragma once
/// \file
/// What a shared libgossip offers to those who link it. The libraries are built with everything hidden; what
/// is marked here is their interface, and nothing else can be linked against by accident.

/// Stands before the name of a class with members that are defined in a source file, and before a function
/// that is. Polymorphic classes have it too, so that a program and the library agree on what they are.
#if defined(__GNUC__)
#define GOSSIP_EXPORT __attribute__((visibility("default")))
/// Takes out of an exported class a private one that is nested in it.
#define GOSSIP_HIDDEN __attribute__((visibility("hidden")))
#else
#define GOSSIP_EXPORT
#define GOSSIP_HIDDEN
#endif
