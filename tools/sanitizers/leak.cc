// SPDX-License-Identifier: Apache-2.0

// Loses the only pointer to an object.

int* volatile kept = nullptr;

int main() {
  kept = new int(1);
  kept = nullptr;
  return 0;
}
