// What oracle_test compares with vectors.json, one function a section.
#pragma once

#include "tests/models/loss/oracle_fixture.h"

namespace lookbook {

void CheckBce(Oracle& oracle);
void CheckAsl(Oracle& oracle);
void CheckPairs(Oracle& oracle);
void CheckTriplet(Oracle& oracle);
void CheckAngular(Oracle& oracle);
void CheckSupCon(Oracle& oracle);
void CheckNtXent(Oracle& oracle);
void CheckVicReg(Oracle& oracle);
void CheckBarlow(Oracle& oracle);
void CheckByol(Oracle& oracle);
void CheckRotation(Oracle& oracle);

}  // namespace lookbook
