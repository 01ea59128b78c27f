package org.plumbline.kernel.study;

/** Where in a study a worker is. */
record Place(String trial, long seed, long update) {}
