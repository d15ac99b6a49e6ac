#include "engine/image/y.h"
