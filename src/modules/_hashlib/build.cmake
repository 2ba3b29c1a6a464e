set(EXTRA_LIBRARIES crypto)
