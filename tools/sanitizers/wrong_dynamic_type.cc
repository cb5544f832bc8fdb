// SPDX-License-Identifier: Apache-2.0

// Calls a member function on an object of another type. Only the C++ half of
// UndefinedBehaviorSanitizer's runtime notices: proof that it is linked, too.

struct Animal {
  virtual ~Animal() = default;
};
struct Cat : Animal {
  int Meow() { return lives; }
  int lives = 0;
};
struct Dog : Animal {
  int tricks = 0;
};

int main() {
  Animal* const animal = new Dog;
  const int lives = static_cast<Cat*>(animal)->Meow();
  delete animal;
  return lives;
}
