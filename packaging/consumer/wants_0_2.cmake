find_package(pma 0.2 CONFIG REQUIRED)
