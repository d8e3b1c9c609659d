#include "include/apus_process.h"
